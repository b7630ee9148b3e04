import { authoriseConnect, overlapMs } from '@muster/domain/certificates/authorise-connect';
import { activateCertificate } from '@muster/persistence/certificates/activate-certificate';
import { certificateStore, type PresentedRow } from '@muster/persistence/certificates/certificate.store';
import type { Database } from '@muster/persistence/database';
import type { Clock } from '@muster/runtime/clock/clock';
import type { ConnectAuthority, SessionGrant } from '../gateway/embedded/sessions.js';

/**
 * Decides sessions from the registry: neither a revocation list nor a TLS session cache ends one in time. The first login
 * with a certificate makes it active and those before it superseded.
 */
export class RegisteredCertificates implements ConnectAuthority {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async authorise(fingerprint: string): ReturnType<ConnectAuthority['authorise']> {
    const now = this.clock.now();
    return this.database.system(async (tx) => {
      const seen = await certificateStore.findByFingerprint(tx, fingerprint);
      if (seen === null) return { refused: 'certificate_unknown' };
      const verdict = authoriseConnect({ ...seen, certificateState: seen.state }, now);
      if (!verdict.ok) {
        await certificateStore.markHandshakeRefused(tx, seen.id, now);
        return { refused: verdict.code };
      }
      if (verdict.value.activates) await activateCertificate(tx, fingerprint, now);
      return grantOf(seen);
    });
  }
}

/** What is superseded opens a session for the rest of the overlap only. */
const grantOf = ({ tenantId, deviceId, fingerprint, state, since, notAfter }: PresentedRow): SessionGrant => {
  const overlapEnds = new Date(since.getTime() + overlapMs);
  const end = state === 'superseded' && overlapEnds < notAfter ? overlapEnds : notAfter;
  return { tenant: tenantId, deviceId, fingerprint, notAfter: end };
};
