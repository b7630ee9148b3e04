import { audit } from '@muster/persistence/audit/audit.store';
import type { CertificateRow } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';

/** Leaves a renewal in the audit and on the device's time line. `approvalId` where a person let it happen. */
export const recordRenewal = async (
  tx: Tx,
  { old, issued, approvalId }: { old: CertificateRow; issued: CertificateRow; approvalId: string | null },
  now: Date,
): Promise<void> => {
  const { deviceId, late } = issued;
  await audit.append(tx, {
    actor: { type: 'device', id: deviceId },
    action: 'certificate.renewed',
    resource: `device:${deviceId}`,
    before: { certificateId: old.id, serial: old.serial },
    after: { certificateId: issued.id, serial: issued.serial, late, ...(approvalId === null ? {} : { approvalId }) },
  });
  const summary = late ? 'Certificate renewed after its end.' : 'Certificate renewed.';
  const facts = { serial: issued.serial, notAfter: issued.notAfter.toISOString() };
  await deviceEventStore.append(tx, [{ deviceId, kind: 'certificate', summary, facts }], now);
};
