import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import type { CertificateRow } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import type { Entry } from './ways/way.js';

/** Spends the credential and says so to everybody who watches: letters, timeline and audit, in the enrolment's transaction. */
export const recordEnrolment = async (
  tx: Tx,
  { entry, claim, row }: { entry: Entry; claim: EnrollRequest; row: CertificateRow },
  now: Date,
): Promise<void> => {
  const { tenantId, deviceId, tokenId, source, sourceId } = row;
  const spent = await entry.spend(deviceId);
  const enrolled = { tenantId, type: 'device.enrolled', key: deviceId, payload: { deviceId } };
  await outbox.dropAll(tx, spent === null ? [enrolled] : [spent, enrolled]);
  const summary = `Enrolled with ${entry.via}.`;
  await deviceEventStore.append(
    tx,
    [{ deviceId, kind: 'enrolled', summary, facts: { source, sourceId, tokenId } }],
    now,
  );
  // Last, because whoever appends holds up everybody else of the tenant until the commit.
  await audit.append(tx, {
    actor: { type: 'device', id: deviceId, name: claim.name ?? claim.serial },
    action: 'device.enrolled',
    resource: `device:${deviceId}`,
    after: {
      source,
      sourceId,
      tokenId,
      model: claim.model,
      serial: claim.serial,
      certificateId: row.id,
      certificateSerial: row.serial,
    },
  });
};
