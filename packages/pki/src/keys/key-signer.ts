import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { integer, sequence } from '../der/write.js';
import type { SignAlgorithm, Signer } from './signer.js';

const generate = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ privateKey: KeyObject }>;
const hashes: Record<SignAlgorithm, string | null> = { ES256: 'sha256', ES384: 'sha384', EdDSA: null };

/** A fresh private key for the algorithm: P-256, P-384 or Ed25519. */
export const generatePrivateKey = async (algorithm: SignAlgorithm): Promise<KeyObject> => {
  if (algorithm === 'EdDSA') return (await generate('ed25519', {})).privateKey;
  return (await generate('ec', { namedCurve: algorithm === 'ES256' ? 'P-256' : 'P-384' })).privateKey;
};

export const algorithmOf = (key: KeyObject): SignAlgorithm => {
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return 'ES256';
  if (curve === 'secp384r1') return 'ES384';
  throw new Error('a signing key must be P-256, P-384 or Ed25519');
};

/** A signer over a key in memory. Signs on the thread pool, so a burst of issuing does not stall the event loop. */
export const keySigner = (privateKey: KeyObject): Signer => {
  const algorithm = algorithmOf(privateKey);
  const publicKey = createPublicKey(privateKey);
  return {
    algorithm,
    publicKey: () => publicKey,
    sign: (wanted, bytes) => {
      if (wanted !== algorithm) return Promise.reject(new Error(`this key signs ${algorithm}, not ${wanted}`));
      return new Promise((resolve, reject) =>
        sign(hashes[algorithm], bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }, (fault, signature) =>
          fault ? reject(fault) : resolve(signature),
        ),
      );
    },
  };
};

/** The signature as X.509 wants it: SEQUENCE of r and s for ECDSA (RFC 5480 appendix A), as is for Ed25519. */
export const derSignature = (algorithm: SignAlgorithm, raw: Buffer): Buffer => {
  if (algorithm === 'EdDSA') return raw;
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
};
