import { existsSync, readdirSync, rmSync } from 'node:fs';
import { prepareDatabase } from '@muster/runtime/database/prepare-database';
import { type InstalledDatabase, openInstalledDatabase } from '../database.js';
import { openHome } from '../home.js';
import { type ArchiveOptions, UsageError } from '../options.js';
import { say, step } from '../terminal.js';
import type { Manifest } from './archive-format.js';
import { DatabaseLoader } from './load-database.js';
import { readArchive } from './read-archive.js';

/** Brings an installation back into an empty data folder and an empty database. */
export async function restore(options: ArchiveOptions, environment = process.env): Promise<void> {
  const { file, data } = options;
  if (!file) throw new UsageError('Which backup? npm run restore -- FILE [--data DIR]');
  if (!existsSync(file)) throw new UsageError(`${file} does not exist.`);
  if (existsSync(data) && readdirSync(data).length > 0) {
    throw new UsageError(
      `${data} is not empty; restore never overwrites. Move it away or name another folder with --data.`,
    );
  }
  try {
    // The whole archive is read once before anything is touched: half a restore is worse than none.
    await step(
      'check',
      () => readArchive(file, null, inspector),
      () => 'complete',
    );
    await step(
      'files',
      () => readArchive(file, data, inspector),
      () => data,
    );
    const database = await openInstalledDatabase(openHome(data), environment);
    try {
      await step(
        'database',
        () => load(file, database),
        () => database.description,
      );
    } finally {
      await database.stop();
    }
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  }
  say('\n  Restored. npm start goes on from here.\n');
}

const inspector = { manifest: async () => {}, rows: async () => {}, closing: async () => {} };

async function load(file: string, database: InstalledDatabase): Promise<void> {
  let loader: DatabaseLoader | null = null;
  try {
    await readArchive(file, null, {
      manifest: async (manifest) => {
        await prepareFor(manifest, database);
        loader = await DatabaseLoader.connect(database.ownerUrl, database.systemUrl);
        await loader.begin(manifest);
      },
      rows: async (table, piece) => loader?.rows(table, piece),
      closing: async (closing) => loader?.finish(closing),
    });
  } finally {
    await (loader as DatabaseLoader | null)?.close();
  }
}

/** An empty database with the day partitions the archive had, and those this version wants today. */
async function prepareFor({ oldestDay }: Manifest, database: InstalledDatabase): Promise<void> {
  if (oldestDay) {
    const day = new Date(oldestDay.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3T00:00:00Z'));
    // The first preparation makes days from a week before the moment it is told.
    await prepareDatabase(database, new Date(day.getTime() + 7 * 86_400_000));
  }
  await prepareDatabase(database);
}
