import type { KeyObject } from 'node:crypto';
import { readPublicKeyInfo } from '../authority/public-key-info.js';
import { oids } from '../der/oids.js';
import { childAt, type DerNode, readOid } from '../der/read.js';
import { CsrFault } from './csr-fault.js';

const refuse = (detail: string): CsrFault => new CsrFault('csr_key_not_allowed', detail);

/** The key when it is EC P-256 or P-384 by name, Ed25519, or RSA 2048 to 4096 with e = 65537; else a CsrFault. */
export const checkKey = (keyInfo: DerNode): KeyObject => {
  const type = typeOf(keyInfo);
  const key = load(keyInfo.raw);
  if (type === oids.rsaEncryption) {
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (modulusLength < 2048 || modulusLength > 4096 || publicExponent !== 65_537n) {
      throw refuse('RSA needs 2048 to 4096 bits and exponent 65537');
    }
  }
  return key;
};

const typeOf = (keyInfo: DerNode): string => {
  let type: string;
  let curve: string | undefined;
  try {
    const algorithm = childAt(keyInfo, 0, 0x30);
    type = readOid(childAt(algorithm, 0));
    // Named curve only: explicit parameters (a SEQUENCE here) let the sender choose the group (RFC 5480 2.1.1).
    if (type === oids.ecPublicKey) curve = readOid(childAt(algorithm, 1));
  } catch {
    throw refuse('unreadable key');
  }
  if (type === oids.ecPublicKey && curve !== oids.p256 && curve !== oids.p384)
    throw refuse('this curve is not accepted');
  if (type !== oids.ecPublicKey && type !== oids.ed25519 && type !== oids.rsaEncryption) {
    throw refuse('this kind of key is not accepted');
  }
  return type;
};

const load = (der: Buffer): KeyObject => {
  try {
    return readPublicKeyInfo(der);
  } catch {
    // OpenSSL refuses a point that is not on the curve.
    throw refuse('not a key');
  }
};

const digests: Record<string, { digest: string | null; keys: readonly string[] }> = {
  [oids.ecdsaWithSha256]: { digest: 'sha256', keys: ['ec'] },
  [oids.ecdsaWithSha384]: { digest: 'sha384', keys: ['ec'] },
  [oids.ecdsaWithSha512]: { digest: 'sha512', keys: ['ec'] },
  [oids.sha256WithRsa]: { digest: 'sha256', keys: ['rsa'] },
  [oids.sha384WithRsa]: { digest: 'sha384', keys: ['rsa'] },
  [oids.sha512WithRsa]: { digest: 'sha512', keys: ['rsa'] },
  [oids.ed25519]: { digest: null, keys: ['ed25519'] },
};

/** The digest to verify with (null for Ed25519) when the algorithm is SHA-256 or better and fits the key. */
export const digestOf = (algorithm: DerNode, key: KeyObject): string | null => {
  let found: (typeof digests)[string] | undefined;
  try {
    found = digests[readOid(childAt(algorithm, 0))];
  } catch {
    found = undefined;
  }
  if (!found?.keys.includes(key.asymmetricKeyType ?? '')) {
    throw new CsrFault('csr_sig_alg_not_allowed', 'sign with SHA-256 or better');
  }
  return found.digest;
};
