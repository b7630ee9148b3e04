import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { done, type Result, refused } from '../result.js';

export interface ConnectFacts {
  readonly certificateState: CertificateState;
  readonly deviceState: DeviceState;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly since: Date;
}

/** How long a superseded certificate still connects after its successor was first used. */
export const overlapMs = 15 * 60_000;

type ConnectCode = 'device_tombstoned' | 'certificate_revoked' | 'certificate_expired' | 'certificate_unknown';

/**
 * Whether a certificate we issued may open a session now; `activates` on its first login. The registry decides here,
 * because neither a revocation list nor a TLS session cache ends or prevents a session in time.
 */
export const authoriseConnect = (facts: ConnectFacts, now: Date): Result<{ activates: boolean }, ConnectCode> => {
  if (facts.deviceState !== 'active' && facts.deviceState !== 'maintenance') {
    return refused('device_tombstoned', `The device is ${facts.deviceState}.`);
  }
  if (now < facts.notBefore) return refused('certificate_unknown', 'The certificate is not valid yet.');
  if (facts.certificateState === 'expired' || now > facts.notAfter) {
    return refused('certificate_expired', `Expired at ${facts.notAfter.toISOString()}.`);
  }
  if (facts.certificateState === 'issued') return done({ activates: true });
  if (facts.certificateState === 'active') return done({ activates: false });
  const inOverlap = facts.certificateState === 'superseded' && now.getTime() - facts.since.getTime() <= overlapMs;
  return inOverlap
    ? done({ activates: false })
    : refused('certificate_revoked', `The certificate is ${facts.certificateState}.`);
};
