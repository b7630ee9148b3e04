import { createHash } from 'node:crypto';
import type { ExecutionOrder, OfferClaims } from '@muster/contracts/mqtt/downlink';
import type { DeviceReason } from '@muster/contracts/reasons';
import type { Manifest } from '@muster/contracts/releases/releases.schema';
import type { DocumentFault, Verified } from '@muster/pki/signing/compact';

export interface OrderVerifier {
  manifest(jws: string): Promise<Verified<Manifest>>;
  offer(jws: string, of: { executionId: string; manifestSha256: string }): Promise<Verified<OfferClaims>>;
}

export type Belief =
  | { ok: true; manifest: Manifest; claims: OfferClaims; offerSha256: string }
  | { ok: false; code: DeviceReason; detail: string };

const refused = (code: DeviceReason, detail: string): Belief => ({ ok: false, code, detail });
const digestOf = (jws: string): string => createHash('sha256').update(jws).digest('hex');
const named = (fault: DocumentFault): DeviceReason => (fault === 'expired' ? 'offer_expired' : fault);

/**
 * Two signatures are asked for: the release key says what the release is, the command key that this device may take it
 * now. What the envelope around them says is nobody's word.
 */
export async function believeOrder(order: ExecutionOrder, verify: OrderVerifier): Promise<Belief> {
  const { kind, manifest: manifestJws, offer, executionId } = order;
  if (kind !== 'release' || manifestJws === undefined)
    return refused('offer_incomplete', 'an offer needs the manifest of a release');
  if (offer === undefined) return refused('offer_unsigned', 'the order has no signed offer');
  const manifest = await verify.manifest(manifestJws);
  if (!manifest.ok) return refused(named(manifest.fault), 'the manifest is not signed for this device');
  const claims = await verify.offer(offer, { executionId, manifestSha256: digestOf(manifestJws) });
  if (!claims.ok) return refused(named(claims.fault), 'the signed offer was not believed');
  if (claims.claims.releaseId !== manifest.claims.releaseId)
    return refused('identity_mismatch', 'the offer is for another release than the manifest');
  return { ok: true, manifest: manifest.claims, claims: claims.claims, offerSha256: digestOf(offer) };
}
