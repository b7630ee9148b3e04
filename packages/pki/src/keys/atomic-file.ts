import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that is either absent, old or complete, also across a power cut: temporary file, fsync, rename,
 * fsync of the folder. Mode 0600 from the first byte.
 */
export const writeAtomically = async (path: string, content: string | Uint8Array, mode = 0o600): Promise<void> => {
  await viaTemporary(path, content, mode, (temporary) => rename(temporary, path));
};

/** As `writeAtomically`, but never over an existing file: of several who create at once exactly one gets true. */
export const createAtomically = async (path: string, content: string | Uint8Array, mode = 0o600): Promise<boolean> => {
  try {
    await viaTemporary(path, content, mode, (temporary) => link(temporary, path));
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fault;
  }
};

const viaTemporary = async (
  path: string,
  content: string | Uint8Array,
  mode: number,
  place: (temporary: string) => Promise<void>,
): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
};

export const syncFolder = async (folder: string): Promise<void> => {
  // Windows cannot open a folder for sync; a rename is durable enough there.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
