import { compactVerify, importJWK, type JWK } from 'jose';
import type { SignAlgorithm, Signer } from '../keys/signer.js';
import { parseStrictObject } from './strict-json.js';

/** What each kind of signed document is called in `typ`, so that one can never pass for another. */
export const documentTypes = {
  command: 'cmd+jws',
  offer: 'offer+jws',
  manifest: 'manifest+jws',
  trust: 'trust+jws',
} as const;
export type DocumentKind = keyof typeof documentTypes;

/** The `use` of the keys that may sign a kind: an offer is an order, as a command is, and has the same key. */
const keyUses: Record<DocumentKind, string> = {
  command: 'command',
  offer: 'command',
  manifest: 'manifest',
  trust: 'trust',
};

/** A public signing key as devices get it. `use` says which kinds of document it may sign. */
export interface SigningJwk {
  readonly kid: string;
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string | undefined;
  readonly alg: string;
  readonly use: string;
  /** As the trust bundle that names it has it; absent in key sets that are no bundle. */
  readonly state?: 'next' | 'active' | 'retired' | undefined;
}

export const toSigningJwk = (signer: Signer, kid: string, kind: DocumentKind): SigningJwk => {
  const { kty, crv, x, y } = signer.publicKey().export({ format: 'jwk' }) as Record<string, string>;
  return {
    kid,
    kty: kty!,
    crv: crv!,
    x: x!,
    ...(y === undefined ? {} : { y }),
    alg: signer.algorithm,
    use: keyUses[kind],
  };
};

/** Compact JWS (RFC 7515 7.1) through the signer port, so that the key may live in hardware. */
export const signDocument = async (
  signer: Signer,
  kid: string,
  kind: DocumentKind,
  claims: object,
): Promise<string> => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode({ alg: signer.algorithm, kid, typ: documentTypes[kind] })}.${encode(claims)}`;
  const signature = await signer.sign(signer.algorithm, Buffer.from(input, 'ascii'));
  return `${input}.${signature.toString('base64url')}`;
};

export type DocumentFault =
  | 'signature_invalid'
  | 'key_unknown'
  | 'type_mismatch'
  | 'payload_malformed'
  | 'audience_mismatch'
  | 'issuer_mismatch'
  | 'not_yet_valid'
  | 'expired'
  | 'certificate_mismatch'
  | 'identity_mismatch';

export type Verified<T> =
  | { readonly ok: true; readonly claims: T }
  | { readonly ok: false; readonly fault: DocumentFault };

const allowed: readonly SignAlgorithm[] = ['EdDSA', 'ES256', 'ES384'];

/**
 * Verifies a compact JWS against `keys` alone: algorithm from the key's own `alg`, `typ` and `use` of the kind,
 * no key or URL from the header. Returns the payload as a plain object.
 */
export const verifyDocument = async (
  jws: string,
  kind: DocumentKind,
  keys: readonly SigningJwk[],
): Promise<Verified<Record<string, unknown>>> => {
  const header = parseStrictObject(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString('utf8'));
  if (!header) return { ok: false, fault: 'signature_invalid' };
  if (header.typ !== documentTypes[kind]) return { ok: false, fault: 'type_mismatch' };
  if (header.crit !== undefined) return { ok: false, fault: 'signature_invalid' };
  const key = keys.find((candidate) => candidate.kid === header.kid && candidate.use === keyUses[kind]);
  if (!key || !allowed.includes(key.alg as SignAlgorithm)) return { ok: false, fault: 'key_unknown' };
  try {
    const { kty, crv, x, y } = key;
    const loaded = await importJWK({ kty, crv, x, ...(y === undefined ? {} : { y }) } as JWK, key.alg);
    const { payload } = await compactVerify(jws, loaded, { algorithms: [key.alg] });
    const claims = parseStrictObject(Buffer.from(payload).toString('utf8'));
    return claims ? { ok: true, claims } : { ok: false, fault: 'payload_malformed' };
  } catch {
    return { ok: false, fault: 'signature_invalid' };
  }
};
