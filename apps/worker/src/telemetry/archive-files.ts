import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Database } from '@muster/persistence/database';
import { ArtifactStorage, type StoredContent } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { ContentDamaged } from '@muster/persistence/releases/artifact-storage/content-damaged';
import { uploadsFolder } from '@muster/persistence/releases/artifact-storage/open-storage';
import { type ArchivedFile, archiveStore } from '@muster/persistence/telemetry/archive.store';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { type ArchivedMessage, ParquetArchive, readParquetArchive, sumsOf } from '@muster/telemetry/parquet-archive';
import { Inject, Injectable } from '@nestjs/common';
import { type ArchiveAbout, manifestOf } from './archive-manifest.js';

const PREFIX = 'archive-';

/** Archived days on the artifact store, below `telemetry/<tenant>/`, each under its SHA-256 as everything there. */
@Injectable()
export class ArchiveFiles {
  constructor(
    private readonly database: Database,
    private readonly storage: ArtifactStorage,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'data'>,
  ) {}

  /**
   * Writes batches as one Parquet file with its manifest, then fetches the file from the store and compares every field of
   * every row. Rejects when anything differs; `expected` is how many rows there must be.
   */
  async write(
    about: ArchiveAbout,
    expected: number | null,
    batches: AsyncIterable<readonly ArchivedMessage[]>,
  ): Promise<ArchivedFile> {
    const { tenant } = about;
    const path = await this.#scratch();
    try {
      const archive = new ParquetArchive(path, { format: '1', tenant, day: about.day });
      const devices = new Set<string>();
      for await (const batch of batches) {
        archive.write(batch);
        for (const { deviceId } of batch) devices.add(deviceId);
      }
      const sums = archive.finish();
      if (expected !== null && sums.rows !== expected)
        throw new Error(`${sums.rows} of ${expected} rows were written to the archive`);
      const file = await this.#put(tenant, path);
      const read = await this.#fetch(tenant, file, sumsOf);
      if (read.digest !== sums.digest || read.rows !== sums.rows)
        throw new Error(`the archive reads ${read.rows} rows with other contents than the ${sums.rows} written`);
      await writeFile(path, JSON.stringify(manifestOf(about, file, sums, [...devices].sort()), null, 2));
      const manifest = await this.#put(tenant, path);
      return {
        rows: sums.rows,
        bytes: file.size,
        sha256: file.sha256,
        manifestSha256: manifest.sha256,
        manifestBytes: manifest.size,
      };
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Hands the messages of a stored file to `use`, a row group at a time. */
  read<T>(
    tenant: string,
    content: StoredContent,
    use: (batches: AsyncIterable<ArchivedMessage[]>) => Promise<T>,
  ): Promise<T> {
    return this.#fetch(tenant, content, (path) => use(readParquetArchive(path)));
  }

  /**
   * Removes what killed processes and purges left: here and on the store. Only whoever holds the storage lock may, since
   * then nobody is writing.
   */
  async sweep(): Promise<void> {
    const folder = uploadsFolder(this.settings.data);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder))
      if (name.startsWith(PREFIX)) await rm(join(folder, name), { force: true });
    for (const one of await this.database.system((tx) => archiveStore.leftovers(tx))) {
      await this.storage.remove(folderOf(one.tenant), one.sha256);
      await this.database.system((tx) => archiveStore.strike(tx, one));
    }
  }

  async #scratch(): Promise<string> {
    const folder = uploadsFolder(this.settings.data);
    await mkdir(folder, { recursive: true });
    return join(folder, `${PREFIX}${randomUUID()}`);
  }

  async #put(tenant: string, path: string): Promise<StoredContent> {
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const content = { sha256: await digestOf(path), size: (await stat(path)).size };
    await this.database.system((tx) => archiveStore.noteFiles(tx, tenant, [content.sha256]));
    await this.storage.put(folderOf(tenant), content.sha256, path, content.size);
    return content;
  }

  /** A copy on this machine's disk for as long as `use` takes: Parquet is read in many small pieces. */
  async #fetch<T>(tenant: string, content: StoredContent, use: (path: string) => Promise<T>): Promise<T> {
    const path = await this.#scratch();
    try {
      await pipeline(await this.storage.open(folderOf(tenant), content), createWriteStream(path));
      const found = await digestOf(path);
      if (found !== content.sha256) throw new ContentDamaged(content.sha256, `what was fetched has SHA-256 ${found}`);
      return await use(path);
    } finally {
      await rm(path, { force: true });
    }
  }
}

/** No tenant can be called so: a slug has no slash. */
const folderOf = (tenant: string): string => `telemetry/${tenant}`;

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
