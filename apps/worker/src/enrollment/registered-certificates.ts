import { authoriseConnect } from '@muster/domain/enrollment/authorise-connect';
import type { Database, Tx } from '@muster/persistence/database';
import { certificateStore, type PresentedRow } from '@muster/persistence/enrollment/certificate.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
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
      if (verdict.value.activates) await activate(tx, fingerprint, now);
      return grantOf(seen);
    });
  }
}

const grantOf = ({ tenantId, deviceId, fingerprint, notAfter }: PresentedRow): SessionGrant => ({
  tenant: tenantId,
  deviceId,
  fingerprint,
  notAfter,
});

async function activate(tx: Tx, fingerprint: string, now: Date): Promise<void> {
  const row = await certificateStore.present(tx, fingerprint);
  if (row?.state !== 'issued') return;
  await certificateStore.setState(tx, row.id, { state: 'active', reasonCode: null, reasonDetail: null }, now);
  for (const other of await certificateStore.listLive(tx, row.deviceId)) {
    if (other.id === row.id || other.state !== 'active') continue;
    const change = { state: 'superseded', reasonCode: 'renewed', reasonDetail: null } as const;
    await certificateStore.setState(tx, other.id, change, now);
  }
  await outbox.drop(tx, {
    tenantId: row.tenantId,
    type: 'certificate.activated',
    key: row.deviceId,
    payload: { certificateId: row.id, deviceId: row.deviceId },
  });
}
