import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the device runs on. Empty where nobody can tell, as on most machines without a battery. */
export interface PowerReading {
  source?: 'mains' | 'battery';
  batteryPercent?: number;
}

export type PowerSource = () => Promise<PowerReading>;

const SUPPLIES = '/sys/class/power_supply';
const LINE_POWER: readonly string[] = ['Mains', 'USB', 'Wireless'];

/** As the Linux kernel tells it: one folder a supply, one small file a property. */
export const linuxPowerSource =
  (folder = SUPPLIES): PowerSource =>
  async () => {
    const names = await readdir(folder).catch(() => []);
    const supplies = await Promise.all(names.map((name) => readSupply(join(folder, name))));
    // A battery of scope Device belongs to a mouse or a pen, not to this machine.
    const batteries = supplies.filter(
      ({ type, scope }) => (type === 'Battery' || type === 'UPS') && scope !== 'Device',
    );
    const lines = supplies.filter(({ type }) => LINE_POWER.includes(type));
    const levels = batteries.flatMap(({ capacity }) => (capacity === null ? [] : [capacity]));
    const onLine = lines.some(({ online }) => online === '1');
    if (batteries.length === 0) return onLine ? { source: 'mains' } : {};
    const drained = batteries.some(({ status }) => status === 'Discharging');
    return {
      source: onLine || !drained ? 'mains' : 'battery',
      ...(levels.length > 0 && { batteryPercent: Math.max(...levels) }),
    };
  };

async function readSupply(folder: string) {
  const read = (name: string) =>
    readFile(join(folder, name), 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const [type, scope, online, status, level] = await Promise.all(
    ['type', 'scope', 'online', 'status', 'capacity'].map(read),
  );
  const percent = level === '' ? Number.NaN : Number(level);
  const capacity = Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : null;
  return { type: type!, scope: scope!, online: online!, status: status!, capacity };
}
