import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppendFile, Files, PartFile } from './files.js';

/** Private: the state folder holds the device's key. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

const absentIsNull = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A write may be short without an error on a nearly full disk. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done);
    if (bytesWritten === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    done += bytesWritten;
  }
}

export class DiskFiles implements Files {
  constructor(readonly root: string) {}

  read(path: string): Promise<Buffer | null> {
    return readFile(join(this.root, path)).catch(absentIsNull);
  }

  async size(path: string): Promise<number> {
    return (await stat(join(this.root, path)).catch(absentIsNull))?.size ?? 0;
  }

  async replace(path: string, content: Uint8Array | string): Promise<void> {
    const target = join(this.root, path);
    await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
    const temporary = `${target}.new`;
    const handle = await open(temporary, 'w', FILE_MODE);
    try {
      await writeAll(handle, typeof content === 'string' ? Buffer.from(content) : content);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
    await syncFolder(dirname(target));
  }

  async append(path: string): Promise<AppendFile> {
    const { handle, size } = await this.#openAtEnd(path);
    let at = size;
    return {
      get size() {
        return at;
      },
      write: async (bytes) => {
        await writeAll(handle, bytes);
        at += bytes.length;
      },
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  }

  async truncate(path: string, size: number): Promise<void> {
    await truncate(join(this.root, path), size);
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.root, path), { force: true });
  }

  async list(folder: string): Promise<string[]> {
    const names = await readdir(join(this.root, folder)).catch(absentIsNull);
    return (names ?? []).sort();
  }

  async part(path: string): Promise<PartFile> {
    const hash = createHash('sha256');
    const known = await stat(join(this.root, path)).catch(absentIsNull);
    if (known) for await (const chunk of createReadStream(join(this.root, path))) hash.update(chunk as Buffer);
    const { handle, size } = await this.#openAtEnd(path);
    let at = size;
    return {
      hash,
      get size() {
        return at;
      },
      write: async (bytes) => {
        await writeAll(handle, bytes);
        hash.update(bytes);
        at += bytes.length;
      },
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  }

  async #openAtEnd(path: string): Promise<{ handle: FileHandle; size: number }> {
    const target = join(this.root, path);
    await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
    const handle = await open(target, 'a', FILE_MODE);
    const { size } = await handle.stat();
    if (size === 0) await syncFolder(dirname(target));
    return { handle, size };
  }
}
