import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { ArtifactStorage, type ByteRange, type StoredContent, wholeOf } from './artifact-storage.js';
import { ContentDamaged } from './content-damaged.js';

/** Files whose digest this process remembers to have checked. */
const MOST_KNOWN = 1_000;

/** Artifacts as files `<folder>/<tenant>/<sha256>`. */
export class DiskStorage extends ArtifactStorage {
  /** What was hashed, by path, with the file it was true for. */
  readonly #known = new Map<string, { readonly file: string; readonly digest: Promise<string> }>();

  constructor(private readonly folder: string) {
    super();
  }

  async put(tenantId: string, sha256: string, path: string): Promise<void> {
    const target = this.#at(tenantId, sha256);
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
    await syncFolder(dirname(target));
  }

  async open(tenantId: string, content: StoredContent, range: ByteRange = wholeOf(content)): Promise<Readable> {
    const path = this.#at(tenantId, content.sha256);
    const file = await open(path, 'r').catch((fault: NodeJS.ErrnoException) => {
      throw fault.code === 'ENOENT' ? new ContentDamaged(content.sha256, 'the file is missing', fault) : fault;
    });
    try {
      await this.#check(path, content, await file.stat());
    } catch (fault) {
      await file.close();
      throw fault;
    }
    return createReadStream('', { fd: file as FileHandle, start: range.start, end: range.end, autoClose: true });
  }

  async remove(tenantId: string, sha256: string): Promise<void> {
    const path = this.#at(tenantId, sha256);
    this.#known.delete(path);
    await rm(path, { force: true });
  }

  /** The length each time; the digest once per process and again when the file was touched. */
  async #check(path: string, { sha256, size }: StoredContent, found: Stats): Promise<void> {
    if (found.size !== size) throw new ContentDamaged(sha256, `the file has ${found.size} of ${size} bytes`);
    const file = `${found.ino}:${found.mtimeMs}:${found.size}`;
    let known = this.#known.get(path);
    if (known?.file !== file) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      known = { file, digest: hash(path) };
      this.#known.set(path, known);
      known.digest.catch(() => this.#known.delete(path));
    }
    const digest = await known.digest;
    if (digest !== sha256) throw new ContentDamaged(sha256, `the file has SHA-256 ${digest}`);
  }

  #at(tenantId: string, sha256: string): string {
    return join(this.folder, tenantId, sha256);
  }
}

async function hash(path: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) digest.update(chunk as Buffer);
  return digest.digest('hex');
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
