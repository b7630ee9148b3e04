import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The data folder: everything this installation is, in one place. */
export interface Home {
  readonly folder: string;
  readonly postgres: string;
  readonly logs: string;
  readonly run: string;
  readonly fleet: string;
  /** Password of the embedded database's superuser. */
  readonly databasePassword: string;
}

/** Rooms of the data folder that a backup leaves out: the first is dumped instead, the others belong to this run. */
export const notArchived: readonly string[] = ['postgres', 'postgres.new', 'logs', 'run'];

/** Opens the data folder, creating what a first start needs: folders, the database password, the key-encryption key. */
export function openHome(folder: string): Home {
  mkdirSync(folder, { recursive: true });
  for (const room of ['logs', 'run', 'keys', 'artifacts']) mkdirSync(join(folder, room), { recursive: true });
  chmodSync(join(folder, 'keys'), 0o700);
  once(join(folder, 'keys', 'kek'), () => randomBytes(32).toString('base64'));
  const databasePassword = once(join(folder, 'keys', 'database-password'), () => randomBytes(24).toString('base64url'));
  return {
    folder,
    postgres: join(folder, 'postgres'),
    logs: join(folder, 'logs'),
    run: join(folder, 'run'),
    fleet: join(folder, 'fleet'),
    databasePassword,
  };
}

/** Reads a secret, or makes it and keeps it. Written beside its place and renamed, so it is never half there. */
function once(file: string, make: () => string): string {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${make()}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8').trim();
}
