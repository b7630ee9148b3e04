import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '@muster/runtime/embedded/postmaster';

/** What a running launcher leaves in its data folder for the next command to find. */
export interface RunRecord {
  readonly pid: number;
  /** A random word in the environment of every child, so that a recycled process id is not mistaken for one. */
  readonly instance: string;
  readonly children: Readonly<Record<string, number>>;
  readonly ownerUrl: string;
  readonly consoleUrl: string;
}

export const instanceVariable = 'LAUNCHER_INSTANCE';

const nameIn = (run: string) => join(run, 'launcher.json');

export function readRunRecord(run: string): RunRecord | null {
  const file = nameIn(run);
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  } catch {
    return null;
  }
}

export function writeRunRecord(run: string, record: RunRecord): void {
  const file = nameIn(run);
  // Holds the owner's database URL.
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRunRecord(run: string): void {
  rmSync(nameIn(run), { force: true });
}

/** Whether the launcher that wrote the record still runs. */
export function isRunning(record: RunRecord): boolean {
  return isAlive(record.pid) && mentions(record.pid, 'cmdline', 'launcher');
}

/** Ends what a killed launcher left running, and only what is provably its own. Resolves when all of it is gone. */
export async function endLeftovers(record: RunRecord, gone: (pid: number) => Promise<void>): Promise<string[]> {
  const left = Object.entries(record.children).filter(
    ([, pid]) => isAlive(pid) && mentions(pid, 'environ', `${instanceVariable}=${record.instance}`),
  );
  await Promise.all(
    left.map(async ([, pid]) => {
      process.kill(pid, 'SIGTERM');
      await gone(pid);
    }),
  );
  return left.map(([name]) => name);
}

/** Looks into what the system shows of a process; where it shows nothing, nothing is ours. */
function mentions(pid: number, file: 'cmdline' | 'environ', text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(text);
  } catch {
    return false;
  }
}
