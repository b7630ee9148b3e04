import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { KeyFault } from './key-store.js';

/** AES-256-GCM boxes; the context is authenticated, so a box cannot be moved to another tenant, purpose or generation. */
interface Box {
  readonly iv: string;
  readonly tag: string;
  readonly data: string;
}

/** A data key wrapped by the key-encryption key (KEK) and a secret sealed by the data key. */
export interface Envelope {
  readonly v: 1;
  /** First 16 hex digits of SHA-256 of the KEK: says which KEK opens it, reveals nothing about it. */
  readonly kek: string;
  /** What it is for, so that it can be wrapped anew; believed only where the box opens with it. Absent in the oldest. */
  readonly context?: string;
  readonly key: Box;
  readonly secret: Box;
}

export class EnvelopeFault extends KeyFault {
  override name = 'EnvelopeFault';
}

// Without an explicit length Node accepts a 4-byte tag, which can be guessed.
const authTagLength = 16;
const cipher = 'aes-256-gcm';

const close = (key: Buffer, context: string, plain: Buffer): Box => {
  const iv = randomBytes(12);
  const box = createCipheriv(cipher, key, iv, { authTagLength }).setAAD(Buffer.from(context, 'utf8'));
  const data = Buffer.concat([box.update(plain), box.final()]);
  return { iv: iv.toString('base64'), tag: box.getAuthTag().toString('base64'), data: data.toString('base64') };
};

const open = (key: Buffer, context: string, { iv, tag, data }: Box): Buffer => {
  try {
    const box = createDecipheriv(cipher, key, Buffer.from(iv, 'base64'), { authTagLength })
      .setAAD(Buffer.from(context, 'utf8'))
      .setAuthTag(Buffer.from(tag, 'base64'));
    return Buffer.concat([box.update(Buffer.from(data, 'base64')), box.final()]);
  } catch {
    throw new EnvelopeFault('the envelope does not open: wrong key-encryption key, wrong context or altered bytes');
  }
};

export const kekId = (kek: Buffer): string => createHash('sha256').update(kek).digest('hex').slice(0, 16);

const checkKek = (kek: Buffer): void => {
  if (kek.length !== 32) throw new EnvelopeFault('a key-encryption key has 32 bytes');
};

export const seal = (kek: Buffer, context: string, secret: Buffer): Envelope => {
  checkKek(kek);
  const dataKey = randomBytes(32);
  return { v: 1, kek: kekId(kek), context, key: close(kek, context, dataKey), secret: close(dataKey, context, secret) };
};

export const unseal = (kek: Buffer, context: string, envelope: Envelope): Buffer => {
  checkKek(kek);
  if (envelope.v !== 1) throw new EnvelopeFault('unknown envelope version');
  if (envelope.kek !== kekId(kek)) throw new EnvelopeFault(`sealed under key-encryption key ${envelope.kek}`);
  return open(open(kek, context, envelope.key), context, envelope.secret);
};

/** The same secret under a new KEK: only the data key is wrapped again. */
export const rewrap = (oldKek: Buffer, newKek: Buffer, context: string, envelope: Envelope): Envelope => {
  checkKek(newKek);
  const key = close(newKek, context, open(oldKek, context, envelope.key));
  return { ...envelope, kek: kekId(newKek), context, key };
};

const isBox = (value: unknown): boolean =>
  ['iv', 'tag', 'data'].every((part) => typeof (value as Record<string, unknown> | null)?.[part] === 'string');

/** The envelope a file holds. Throws EnvelopeFault when it was cut short or holds something else. */
export const readEnvelope = (text: string): Envelope => {
  try {
    const envelope = JSON.parse(text) as Envelope;
    if (typeof envelope.kek === 'string' && isBox(envelope.key) && isBox(envelope.secret)) return envelope;
  } catch {
    // Said below.
  }
  throw new EnvelopeFault('this is no sealed key, or only a part of one');
};
