import { z } from 'zod';
import type { Signer } from '../keys/signer.js';
import { type SigningJwk, signDocument, type Verified, verifyDocument } from './compact.js';

/** Roots and signing keys a device is to trust. `number` only rises; an older bundle is never applied. */
export const TrustBundle = z.looseObject({
  schemaVersion: z.literal(1),
  number: z.number().int().min(1),
  tenant: z.string(),
  roots: z.array(z.string()).min(1),
  keys: z.array(z.looseObject({ kid: z.string(), use: z.string() })),
});
export type TrustBundle = z.infer<typeof TrustBundle>;

export const signTrustBundle = (signer: Signer, kid: string, bundle: TrustBundle): Promise<string> =>
  signDocument(signer, kid, 'trust', TrustBundle.parse(bundle));

/** Accepts a bundle of this tenant that is newer than `known`. */
export const verifyTrustBundle = async (
  jws: string,
  keys: readonly SigningJwk[],
  expected: { readonly tenant: string; readonly known: number },
): Promise<Verified<TrustBundle>> => {
  const verified = await verifyDocument(jws, 'trust', keys);
  if (!verified.ok) return verified;
  const parsed = TrustBundle.safeParse(verified.claims);
  if (!parsed.success) return { ok: false, fault: 'payload_malformed' };
  if (parsed.data.tenant !== expected.tenant) return { ok: false, fault: 'audience_mismatch' };
  if (parsed.data.number <= expected.known) return { ok: false, fault: 'expired' };
  return { ok: true, claims: parsed.data };
};
