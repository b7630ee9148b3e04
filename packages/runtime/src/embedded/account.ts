import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync } from 'node:fs';

/** The operating-system account PostgreSQL runs under; empty when it is our own. */
export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root, so root lends it `postgres` or, where that is missing, `nobody`. */
export function serverAccount(): ServerAccount {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name]);
    const gid = spawnSync('id', ['-g', name]);
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL cannot run as root, and neither a `postgres` nor a `nobody` user exists here');
}

/** Creates `folder` for the account (mode 0700) and says whether the account can write in it. */
export function prepareFolder(folder: string, account: ServerAccount): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (account.uid === undefined) return true;
  const found = lstatSync(folder);
  // A predictable name below a world-writable folder may have been planted by somebody else.
  if (!found.isDirectory() || (found.uid !== 0 && found.uid !== account.uid)) {
    throw new Error(`${folder} belongs to another user; remove it or choose another data folder`);
  }
  chownSync(folder, account.uid, account.gid ?? account.uid);
  return (
    spawnSync('/bin/sh', ['-c', 'test -w "$1" && test -x "$1"', 'sh', folder], { ...account, cwd: '/' }).status === 0
  );
}
