import { createReadStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ArtifactStorage, type ByteRange } from './artifact-storage.js';

/** Artifacts as files `<folder>/<tenant>/<sha256>`. */
export class DiskStorage extends ArtifactStorage {
  constructor(private readonly folder: string) {
    super();
  }

  async put(tenantId: string, sha256: string, path: string): Promise<void> {
    const target = this.#at(tenantId, sha256);
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
    await syncFolder(dirname(target));
  }

  async open(tenantId: string, sha256: string, range: ByteRange): Promise<Readable> {
    const file = await open(this.#at(tenantId, sha256), 'r');
    return createReadStream('', { fd: file, start: range.start, end: range.end, autoClose: true });
  }

  #at(tenantId: string, sha256: string): string {
    return join(this.folder, tenantId, sha256);
  }
}

/** A rename is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
