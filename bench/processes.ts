import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10;

/** Named processes; those in `trees` count with everything below them. */
export interface Watched {
  readonly processes: Readonly<Record<string, number | undefined>>;
  readonly trees: Readonly<Record<string, number>>;
}

/** CPU time in ms since boot, by name; `machine` is all of it. */
export type CpuTimes = Readonly<Record<string, number>>;

interface Stat {
  readonly parent: number;
  readonly ms: number;
  /** With children that ended and were waited for. */
  readonly familyMs: number;
}

const statOf = (pid: number | string): Stat | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold spaces; what follows does not.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const own = fields[11]! + fields[12]!;
    return { parent: fields[1]!, ms: own * TICK_MS, familyMs: (own + fields[13]! + fields[14]!) * TICK_MS };
  } catch {
    return null; // ended meanwhile
  }
};

export function cpuTimes({ processes, trees }: Watched): CpuTimes {
  const times: Record<string, number> = {};
  for (const [name, pid] of Object.entries(processes)) if (pid) times[name] = statOf(pid)?.ms ?? 0;
  const stats = new Map<number, Stat>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? statOf(entry) : null;
    if (stat !== null) stats.set(Number(entry), stat);
  }
  for (const [name, root] of Object.entries(trees)) {
    times[name] = stats.get(root)?.familyMs ?? 0;
    for (const { parent, familyMs } of stats.values()) if (parent === root) times[name] += familyMs;
  }
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'latin1')
    .split('\n', 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  times.machine = (user! + nice! + system! + irq! + softirq! + (steal ?? 0)) * TICK_MS;
  return times;
}

/** CPU time between two looks, by name; what no name covers is `others`. */
export function spent(before: CpuTimes, after: CpuTimes): Record<string, number> {
  const used = Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));
  const { machine = 0, ...named } = used;
  const others = machine - Object.values(named).reduce((sum, ms) => sum + ms, 0);
  return { ...named, others: Math.max(0, others) };
}

/** Resident memory now and at most since the process began, in MiB. */
export function memory(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const read = (field: string) => Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: read('VmRSS'), most: read('VmHWM') };
}

export const parentOf = (pid: number): number => statOf(pid)!.parent;
