import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { type Pack, pack } from 'tar-stream';
import { type Closing, closingName, fileRoom, type Manifest, manifestName, tableRoom } from './archive-format.js';
import { listMigrations, listSequences, listTables, oldestDay } from './catalogue.js';
import { copyOut } from './copy-out.js';

export interface ArchiveSource {
  readonly ownerUrl: string;
  /** The role that sees every tenant; the owner itself is bound by row-level security. */
  readonly systemUrl: string;
  readonly folder: string;
  readonly notArchived: readonly string[];
}

const pieceSize = 4_000_000;

/**
 * Writes database and data folder into one gzipped tar. The database is read in one repeatable-read transaction, so it
 * is a single moment of a running system; files are read after it, which is enough because a finished artifact and a
 * key never change.
 */
export async function writeArchive(source: ArchiveSource, file: string, now: Date): Promise<Closing> {
  const owner = new pg.Client({ connectionString: source.ownerUrl });
  const system = new pg.Client({ connectionString: source.systemUrl });
  await Promise.all([owner.connect(), system.connect()]);
  try {
    const tar = pack();
    const written = pipeline(tar, createGzip(), createWriteStream(file, { mode: 0o600 }));
    const filled = fill(tar, { source, owner, system }, now);
    // Whichever fails first is the reason; the other must not be left hanging.
    filled.catch((error: Error) => tar.destroy(error));
    await Promise.all([filled, written]);
    return await filled;
  } finally {
    await Promise.all([owner.end(), system.end()]);
  }
}

interface Open {
  readonly source: ArchiveSource;
  readonly owner: pg.Client;
  readonly system: pg.Client;
}

async function fill(tar: Pack, { source, owner, system }: Open, now: Date): Promise<Closing> {
  await system.query('begin transaction isolation level repeatable read read only');
  const tables = await listTables(system);
  const migrations = await listMigrations(owner);
  const manifest: Manifest = {
    format: 1,
    createdAt: now.toISOString(),
    migrations,
    oldestDay: await oldestDay(system),
    tables,
  };
  await add(tar, manifestName, json(manifest));
  const rows: Record<string, number> = {};
  for (const { name, columns } of tables) {
    let piece = 0;
    const list = columns.map((column) => pg.escapeIdentifier(column)).join(', ');
    const sql = `copy (select ${list} from ${pg.escapeIdentifier(name)}) to stdout`;
    rows[name] = await copyOut(system, sql, pieceSize, (bytes) => {
      piece += 1;
      return add(tar, `${tableRoom}${name}/${String(piece).padStart(6, '0')}`, bytes);
    });
  }
  await system.query('commit');
  const files = await addFiles(tar, source);
  const closing: Closing = { rows, sequences: await listSequences(owner), files };
  await add(tar, closingName, json(closing));
  tar.finalize();
  return closing;
}

async function addFiles(tar: Pack, { folder, notArchived }: ArchiveSource): Promise<number> {
  let count = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    if (!entry.isFile() || notArchived.includes(name.split('/')[0]!)) continue;
    const { size, mode, mtime } = await stat(path);
    const slot = tar.entry({ name: `${fileRoom}${name}`, size, mode: mode & 0o777, mtime });
    // `end` keeps a file that grows meanwhile to the size that was announced.
    await pipeline(size === 0 ? [] : createReadStream(path, { end: size - 1 }), slot);
    count += 1;
  }
  return count;
}

function add(tar: Pack, name: string, content: Buffer | string): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ name, mode: 0o600 }, content as string, (error) => (error ? reject(error) : resolve()));
  });
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
