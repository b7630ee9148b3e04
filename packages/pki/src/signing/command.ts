import { CommandClaims } from '@muster/contracts/mqtt/downlink';
import type { Signer } from '../keys/signer.js';
import { type SigningJwk, signDocument, type Verified, verifyDocument } from './compact.js';

/** Issuer of everything signed for a tenant. */
export const issuerOf = (domain: string, tenant: string): string => `${domain}/${tenant}`;

/** Signs a command for one device; `claims.seq` must be stored before this is published. */
export const signCommand = (signer: Signer, kid: string, claims: CommandClaims): Promise<string> =>
  signDocument(signer, kid, 'command', CommandClaims.parse(claims));

/** Who verifies: its own id, its tenant's issuer, the fingerprints of its current and previous certificate. */
export interface CommandAudience {
  readonly deviceId: string;
  readonly issuer: string;
  readonly certificates: readonly string[];
  /** Null while the device has no trusted time: then exp and nbf are not judged here. */
  readonly now: Date | null;
}

/** How far a device's clock may lag behind nbf, in seconds. */
const skew = 60;

/**
 * Accepts a command only when it was signed for this device and certificate and is within its time.
 * Replay (seq above the last one stored) is the caller's check, because it must be persisted before execution.
 */
export const verifyCommand = async (
  jws: string,
  keys: readonly SigningJwk[],
  audience: CommandAudience,
): Promise<Verified<CommandClaims>> => {
  const verified = await verifyDocument(jws, 'command', keys);
  if (!verified.ok) return verified;
  const parsed = CommandClaims.safeParse(verified.claims);
  if (!parsed.success) return { ok: false, fault: 'payload_malformed' };
  const claims = parsed.data;
  if (claims.aud !== audience.deviceId) return { ok: false, fault: 'audience_mismatch' };
  if (claims.iss !== audience.issuer) return { ok: false, fault: 'issuer_mismatch' };
  if (!audience.certificates.includes(claims.cth)) return { ok: false, fault: 'certificate_mismatch' };
  if (audience.now) {
    const now = audience.now.getTime() / 1000;
    if (claims.nbf > now + skew) return { ok: false, fault: 'not_yet_valid' };
    if (claims.exp <= now) return { ok: false, fault: 'expired' };
  }
  return { ok: true, claims };
};
