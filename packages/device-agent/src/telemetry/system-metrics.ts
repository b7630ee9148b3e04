import { readFile } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem, uptime } from 'node:os';
import type { Clock } from '../ports/clock.js';
import type { Point, Reading } from '../ports/source.js';

/** Yields what a device knows about itself, once per telemetry interval. */
export type Sampler = () => Promise<Reading[]>;

const THERMAL = '/sys/class/thermal/thermal_zone0/temp';
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Load, memory, uptime and, where the kernel tells it, temperature of the host. */
export function systemMetrics(clock: Clock): Sampler {
  let last = cpuTimes();
  return async () => {
    const now = cpuTimes();
    const total = now.total - last.total;
    const busy = total > 0 ? 1 - (now.idle - last.idle) / total : 0;
    last = now;
    const temperature = await readTemperature();
    const points: Point[] = [
      { metric: 'system.cpu_percent', value: round(Math.max(0, busy) * 100), unit: '%' },
      { metric: 'system.load1', value: round(loadavg()[0] ?? 0) },
      { metric: 'system.memory_used_percent', value: round((1 - freemem() / totalmem()) * 100), unit: '%' },
      { metric: 'system.uptime_s', value: Math.round(uptime()), unit: 's' },
    ];
    if (temperature !== null) points.push({ metric: 'system.temperature_c', value: temperature, unit: '°C' });
    return [{ place: null, asset: null, at: clock.now(), points }];
  };
}

function cpuTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.idle + times.user + times.sys + times.nice + times.irq;
  }
  return { idle, total };
}

/** Containers and virtual machines have no thermal zone. */
const readTemperature = (): Promise<number | null> =>
  readFile(THERMAL, 'utf8').then(
    (text) => (Number.isFinite(Number(text)) ? round(Number(text) / 1000, 1) : null),
    () => null,
  );
