import { Manifest } from '@muster/contracts/releases/releases.schema';
import type { Signer } from '../keys/signer.js';
import { type SigningJwk, signDocument, type Verified, verifyDocument } from './compact.js';

/** Signs a release manifest with the tenant's release key. */
export const signManifest = (signer: Signer, kid: string, manifest: Manifest): Promise<string> =>
  signDocument(signer, kid, 'manifest', Manifest.parse(manifest));

/** A manifest signed for this tenant. Model, version floor and rollback index are the updater's checks. */
export const verifyManifest = async (
  jws: string,
  keys: readonly SigningJwk[],
  tenant: string,
): Promise<Verified<Manifest>> => {
  const verified = await verifyDocument(jws, 'manifest', keys);
  if (!verified.ok) return verified;
  const parsed = Manifest.safeParse(verified.claims);
  if (!parsed.success) return { ok: false, fault: 'payload_malformed' };
  if (parsed.data.tenant !== tenant) return { ok: false, fault: 'audience_mismatch' };
  return { ok: true, claims: parsed.data };
};
