import { OfferClaims } from '@muster/contracts/mqtt/downlink';
import type { Signer } from '../keys/signer.js';
import { type SigningJwk, signDocument, type Verified, verifyDocument } from './compact.js';

/** Signs with the tenant's command key that one device may take one release now. */
export const signOffer = (signer: Signer, kid: string, claims: OfferClaims): Promise<string> =>
  signDocument(signer, kid, 'offer', OfferClaims.parse(claims));

/** Who verifies: its own id, its tenant's issuer, and the order and manifest that came in the same message. */
export interface OfferAudience {
  readonly deviceId: string;
  readonly issuer: string;
  /** Execution of the order this came with. */
  readonly executionId: string;
  /** SHA-256 of the manifest as it came, hex: an offer says nothing about any other. */
  readonly manifestSha256: string;
  /** Null while the device has no trusted time: then exp is not judged here. */
  readonly now: Date | null;
}

/**
 * Accepts an offer only when it was signed for this device, this execution and this manifest and is not over. A device
 * whose clock lags takes it too: that it was signed in the device's future says nothing against it.
 */
export const verifyOffer = async (
  jws: string,
  keys: readonly SigningJwk[],
  audience: OfferAudience,
): Promise<Verified<OfferClaims>> => {
  const verified = await verifyDocument(jws, 'offer', keys);
  if (!verified.ok) return verified;
  const parsed = OfferClaims.safeParse(verified.claims);
  if (!parsed.success) return { ok: false, fault: 'payload_malformed' };
  const claims = parsed.data;
  if (claims.aud !== audience.deviceId) return { ok: false, fault: 'audience_mismatch' };
  if (claims.iss !== audience.issuer) return { ok: false, fault: 'issuer_mismatch' };
  if (claims.jti !== audience.executionId || claims.manifestSha256 !== audience.manifestSha256)
    return { ok: false, fault: 'identity_mismatch' };
  if (audience.now !== null && claims.exp <= audience.now.getTime() / 1000) return { ok: false, fault: 'expired' };
  return { ok: true, claims };
};
