import { z } from 'zod';
import type { Signer } from '../keys/signer.js';
import { type SigningJwk, signDocument, type Verified, verifyDocument } from './compact.js';
import { parseStrictObject } from './strict-json.js';

/** What a bundle says of a key: `next` is announced, `active` signs, `retired` signed what is still on its way. */
const keyStates = ['next', 'active', 'retired'] as const;

const BundleKey = z.looseObject({
  kid: z.string(),
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  y: z.string().optional(),
  alg: z.string(),
  use: z.string(),
  state: z.enum(keyStates).optional(),
});

/**
 * Roots and signing keys a device is to trust. `number` only rises, by one from bundle to bundle; an older one is never
 * applied. Certificates are PEM, one each.
 */
export const TrustBundle = z.looseObject({
  schemaVersion: z.literal(1),
  number: z.number().int().min(1),
  tenant: z.string(),
  roots: z.array(z.string()).min(1),
  keys: z.array(BundleKey).min(1),
  /** Roots certified by one another, for verifiers that know only one of them. */
  cross: z.array(z.string()).optional(),
  /** Authorities that issue certificates of the tenant's devices; no anchors, they complete chains. */
  authorities: z.array(z.string()).optional(),
});
export type TrustBundle = z.infer<typeof TrustBundle>;
export type BundleKey = z.infer<typeof BundleKey>;

/** `kid` must be the trust key that is active in the bundle before this one, or devices will not take it. */
export const signTrustBundle = (signer: Signer, kid: string, bundle: TrustBundle): Promise<string> =>
  signDocument(signer, kid, 'trust', TrustBundle.parse(bundle));

/** A key announced or withdrawn may not say what is trusted next; keys without a state came before there were bundles. */
const maySignBundles = ({ state }: SigningJwk): boolean => state === undefined || state === 'active';

/**
 * Accepts a bundle of this tenant that is newer than `known`. `keys` are those of the bundle before it, or of the enrolment
 * when there is none yet: the key set is signed by its predecessor alone.
 */
export const verifyTrustBundle = async (
  jws: string,
  keys: readonly SigningJwk[],
  expected: { readonly tenant: string; readonly known: number },
): Promise<Verified<TrustBundle>> => {
  const verified = await verifyDocument(jws, 'trust', keys.filter(maySignBundles));
  if (!verified.ok) return verified;
  const parsed = TrustBundle.safeParse(verified.claims);
  if (!parsed.success) return { ok: false, fault: 'payload_malformed' };
  if (parsed.data.tenant !== expected.tenant) return { ok: false, fault: 'audience_mismatch' };
  if (parsed.data.number <= expected.known) return { ok: false, fault: 'expired' };
  return { ok: true, claims: parsed.data };
};

/** What a bundle of our own says, unverified: for its author. Throws on anything that is no bundle. */
export const readTrustBundle = (jws: string): TrustBundle =>
  TrustBundle.parse(parseStrictObject(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')));
