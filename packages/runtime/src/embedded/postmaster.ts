import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server that already runs on `folder`, if there is one. A process id alone proves nothing after a reboot or a
 * `kill -9`, so where the system shows command lines the process must be a postgres started on this very folder.
 */
export function runningPostmaster(folder: string): Postmaster | null {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return null;
  // Lines: pid, data directory, start time, port, socket directory, listen address, shared memory key, status.
  const [pid, , , port] = readFileSync(file, 'utf8').split('\n');
  const found = { pid: Number(pid), port: Number(port) };
  return found.pid > 0 && found.port > 0 && isAlive(found.pid) && isPostgresOn(found.pid, folder) ? found : null;
}

/** Whether the process still runs. One that ended but was never waited for (a container without an init) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    // proc(5): the state follows the command, which stands in brackets and may itself hold any character.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .startsWith('Z');
  } catch {
    return false;
  }
}

function isPostgresOn(pid: number, folder: string): boolean {
  if (!existsSync('/proc/self/cmdline')) return true;
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return /postgres$/.test(words[0] ?? '') && words.includes(folder);
  } catch {
    return false;
  }
}
