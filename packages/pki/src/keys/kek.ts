import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createAtomically } from './atomic-file.js';
import { EnvelopeFault } from './envelope.js';

/** The KEK of an installation: given as base64, else read from `path`, else made there once, whoever else starts now. */
export const loadKek = async (path: string, given?: string): Promise<Buffer> => {
  try {
    return await readKek(path, given);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'ENOENT') throw fault;
  }
  await createAtomically(path, `${randomBytes(32).toString('base64')}\n`);
  return readKek(path, undefined);
};

const readKek = async (path: string, given: string | undefined): Promise<Buffer> =>
  decodeKek(given ?? (await readFile(path, 'utf8')));

export const decodeKek = (text: string): Buffer => {
  const kek = Buffer.from(text.trim(), 'base64');
  if (kek.length !== 32) throw new EnvelopeFault('the key-encryption key must be base64 of 32 bytes');
  return kek;
};
