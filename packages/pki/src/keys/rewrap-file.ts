import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeAtomically } from './atomic-file.js';
import { type Envelope, EnvelopeFault, kekId, readEnvelope, rewrap } from './envelope.js';
import type { Keks } from './kek.js';

/**
 * Wraps the data key of a key file by `next`, whichever of `keks` it is wrapped by now; the secret stays as it is. The file
 * is old or new at any moment. False when it was new already.
 * @throws EnvelopeFault when none of the KEKs opens it; the file is as it was.
 */
export const rewrapFile = async (path: string, keks: Keks, next: Buffer): Promise<boolean> => {
  const envelope = readEnvelope(await readFile(path, 'utf8'));
  if (envelope.kek === kekId(next)) return false;
  const old = await keks.find(envelope.kek);
  if (!old) throw new EnvelopeFault(`it is sealed under the key-encryption key ${envelope.kek}, which is not here`);
  await writeAtomically(path, `${JSON.stringify(moved(envelope, old, next, basename(path, '.key')))}\n`);
  return true;
};

const moved = (envelope: Envelope, old: Buffer, next: Buffer, name: string): Envelope => {
  for (const context of envelope.context === undefined ? contextsOf(name) : [envelope.context]) {
    try {
      return rewrap(old, next, context, envelope);
    } catch (fault) {
      if (!(fault instanceof EnvelopeFault)) throw fault;
    }
  }
  throw new EnvelopeFault('the envelope does not open: altered bytes, or nobody knows what it is for');
};

/** Contexts of keys that were sealed before envelopes carried theirs: their names say it. The box proves the guess. */
const contextsOf = (name: string): string[] => {
  const [, kind, owner, generation] = /^ca-([a-z]+)(?:-([a-z0-9-]+))?-(\d+)$/.exec(name) ?? [];
  if (kind) return [`${owner ?? '*'}|ca-${kind}|${generation}`];
  const [, tenant, purpose, number] = /^sign-([a-z0-9-]+)-(command|release|trust)-(\d+)$/.exec(name) ?? [];
  return tenant ? [`${tenant}|${purpose}|${number}`] : [];
};
