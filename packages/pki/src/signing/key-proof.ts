import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { parseStrictObject } from './strict-json.js';

/** `typ` of the proof that somebody holds the private half of a key they hand in. */
export const keyProofType = 'key-proof+jws';

export type KeyProof =
  | {
      readonly ok: true;
      readonly jwk: { readonly kty: string; readonly crv: string; readonly x: string; readonly y?: string };
      readonly algorithm: 'EdDSA' | 'ES256' | 'ES384';
      /** RFC 7638, base64url. */
      readonly thumbprint: string;
    }
  | { readonly ok: false; readonly why: string };

const algorithms = { Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384' } as const;
const COORDINATE = /^[A-Za-z0-9_-]{40,70}$/;

/**
 * A proof is a compact JWS of this type, by the key itself, whose payload is its own JWK (kty, crv, x and y). Nothing is
 * taken from the header; a JWK with a private member is refused, since it must never have been sent.
 */
export const verifyKeyProof = async (offered: Record<string, unknown>, proof: string): Promise<KeyProof> => {
  if ('d' in offered || 'k' in offered)
    return { ok: false, why: 'it carries the private half, so it is no secret any more' };
  const { kty, crv, x, y } = offered;
  const algorithm = typeof crv === 'string' && Object.hasOwn(algorithms, crv) ? algorithms[crv as 'P-256'] : undefined;
  if (!algorithm || kty !== (crv === 'Ed25519' ? 'OKP' : 'EC'))
    return { ok: false, why: 'not Ed25519, P-256 or P-384' };
  if (typeof x !== 'string' || !COORDINATE.test(x)) return { ok: false, why: 'x is no coordinate' };
  if (kty === 'EC' && (typeof y !== 'string' || !COORDINATE.test(y))) return { ok: false, why: 'y is no coordinate' };
  const jwk = { kty: kty as string, crv: crv as string, x, ...(kty === 'EC' ? { y: y as string } : {}) } as const;
  const header = parseStrictObject(Buffer.from(proof.split('.')[0] ?? '', 'base64url').toString('utf8'));
  if (header?.typ !== keyProofType || header.crit !== undefined)
    return { ok: false, why: `its typ is not ${keyProofType}` };
  try {
    const key = await importJWK(jwk as JWK, algorithm);
    const { payload } = await compactVerify(proof, key, { algorithms: [algorithm] });
    const said = parseStrictObject(Buffer.from(payload).toString('utf8'));
    const same = said && (['kty', 'crv', 'x', 'y'] as const).every((name) => said[name] === jwk[name as 'x']);
    if (!same) return { ok: false, why: 'it does not speak of this key' };
    return { ok: true, jwk, algorithm, thumbprint: await calculateJwkThumbprint(jwk as JWK, 'sha256') };
  } catch {
    return { ok: false, why: 'the signature does not hold' };
  }
};
