import { existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { roleUrls } from '@muster/runtime/config/role-urls';
import { openInstalledDatabase } from '../database.js';
import { notArchived, openHome } from '../home.js';
import { type ArchiveOptions, UsageError } from '../options.js';
import { isRunning, readRunRecord } from '../run-record.js';
import { dim, say, step } from '../terminal.js';
import { writeArchive } from './write-archive.js';

/** Writes one file from which everything can be brought back; works while Muster runs and while it does not. */
export async function backup(options: ArchiveOptions, environment = process.env): Promise<void> {
  if (!existsSync(resolve(options.data, 'keys'))) throw new UsageError(`There is no installation in ${options.data}.`);
  const now = new Date();
  const file = options.file ?? resolve(`muster-backup-${now.toISOString().slice(0, 16).replace(/[:T]/g, '-')}.tar.gz`);
  if (existsSync(file)) throw new UsageError(`${file} exists already.`);
  const home = openHome(options.data);
  const record = readRunRecord(home.run);
  const running = record !== null && isRunning(record) ? record : null;
  const database = running ? null : await openInstalledDatabase(home, environment);
  const ownerUrl = running?.ownerUrl ?? database!.ownerUrl;
  const systemUrl = database?.systemUrl ?? roleUrls(ownerUrl).systemUrl;
  const unfinished = `${file}.unfinished`;
  try {
    const source = { ownerUrl, systemUrl, folder: home.folder, notArchived };
    await step(
      'backup',
      () => writeArchive(source, unfinished, now),
      ({ rows, files }) => `${Object.values(rows).reduce((sum, n) => sum + n, 0)} rows, ${files} files`,
    );
    renameSync(unfinished, file);
  } finally {
    rmSync(unfinished, { force: true });
    await database?.stop();
  }
  say(`\n  ${file}`);
  say(`  ${dim('It holds private keys: keep it where only you can read it.')}`);
  if (environment.MUSTER_KEK)
    say(`  ${dim('MUSTER_KEK is not in it; without that key the private keys cannot be opened.')}`);
  if (environment.MUSTER_ARTIFACTS_URL) say(`  ${dim('Artifacts in the external store are not in it.')}`);
  say();
}
