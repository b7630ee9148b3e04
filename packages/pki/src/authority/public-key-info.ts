import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { readDer } from '../der/read.js';

interface Known {
  readonly info: Buffer;
  identifier?: Buffer;
}

// OpenSSL takes as long to write a key as to sign with one, and every certificate needs its own and its issuer's.
const known = new WeakMap<KeyObject, Known>();

const knownOf = (key: KeyObject): Known => {
  const found = known.get(key);
  if (found) return found;
  const made = { info: key.export({ type: 'spki', format: 'der' }) };
  known.set(key, made);
  return made;
};

/** SubjectPublicKeyInfo of a key as DER. */
export const publicKeyInfo = (key: KeyObject): Buffer => knownOf(key).info;

/** Heads of the encodings that have no second form: uncompressed P-256 and P-384, and Ed25519; the rest is the point. */
const plain = [
  ['3059301306072a8648ce3d020106082a8648ce3d03010703420004', 91],
  ['3076301006072a8648ce3d020106052b8104002203620004', 120],
  ['302a300506032b6570032100', 44],
] as const;

/** The key of an encoding. Throws when OpenSSL finds it is none. */
export const readPublicKeyInfo = (der: Buffer): KeyObject => {
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const head = der.toString('hex', 0, 32);
  if (plain.some(([start, length]) => der.length === length && head.startsWith(start)))
    known.set(key, { info: Buffer.from(der) });
  return key;
};

/** Key identifier: leftmost 160 bits of SHA-256 of the key's bit string (RFC 7093 2 method 1). */
export const keyIdentifier = (key: KeyObject): Buffer => {
  const entry = knownOf(key);
  entry.identifier ??= createHash('sha256')
    .update(readDer(entry.info).children[1]!.value.subarray(1))
    .digest()
    .subarray(0, 20);
  return entry.identifier;
};
