import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomically } from './atomic-file.js';
import { EnvelopeFault, kekId } from './envelope.js';

/** The key-encryption keys (KEK) of an installation: one that seals, and while they change another that still opens. */
export interface Keks {
  current(): Promise<Buffer>;
  /** The KEK of this id, if there is such a one. */
  find(id: string): Promise<Buffer | undefined>;
}

/** KEKs that settings give. */
export const givenKeks = (current: Buffer, previous?: Buffer): Keks => ({
  current: async () => current,
  find: async (id) => [current, previous].find((kek) => kek !== undefined && kekId(kek) === id),
});

export const kekFiles = { current: 'kek', next: 'kek.next', previous: 'kek.previous' } as const;

/** KEKs in files beside the keys, read whenever they are needed: another process may be changing them just now. */
export const filedKeks = (folder: string): Keks => ({
  current: () => readKek(join(folder, kekFiles.current)),
  find: async (id) => {
    for (const name of Object.values(kekFiles)) {
      const kek = await readKek(join(folder, name)).catch(whenAbsent);
      if (kek && kekId(kek) === id) return kek;
    }
    return undefined;
  },
});

/** KEKs as the settings want it: given in base64, otherwise in files of the folder of keys. */
export const openKeks = async (
  folder: string,
  given: { readonly kek?: string | undefined; readonly kekPrevious?: string | undefined },
): Promise<Keks> => {
  if (given.kek !== undefined)
    return givenKeks(decodeKek(given.kek), given.kekPrevious === undefined ? undefined : decodeKek(given.kekPrevious));
  await loadKek(join(folder, kekFiles.current));
  return filedKeks(folder);
};

/** The KEK of an installation: given as base64, else read from `path`, else made there once, whoever else starts now. */
export const loadKek = async (path: string, given?: string): Promise<Buffer> => {
  if (given !== undefined) return decodeKek(given);
  const existing = await readKek(path).catch(whenAbsent);
  if (existing) return existing;
  await createAtomically(path, `${randomBytes(32).toString('base64')}\n`);
  return readKek(path);
};

const readKek = async (path: string): Promise<Buffer> => decodeKek(await readFile(path, 'utf8'));

export const whenAbsent = (fault: NodeJS.ErrnoException): undefined => {
  if (fault.code !== 'ENOENT') throw fault;
};

const decodeKek = (text: string): Buffer => {
  const kek = Buffer.from(text.trim(), 'base64');
  if (kek.length !== 32) throw new EnvelopeFault('the key-encryption key must be base64 of 32 bytes');
  return kek;
};
