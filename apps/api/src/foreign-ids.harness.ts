/** For tests: of what has no route of its own to be made by, one row each in the other tenant. */
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import type { Database } from '@muster/persistence/database';
import { approvalStore } from '@muster/persistence/enrollment/approval.store';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { trustChangeStore } from '@muster/persistence/trust/trust-change.store';
import { buildHierarchy } from '@muster/pki/fixtures/hierarchy';
import { v7 as uuidv7 } from 'uuid';

export const OTHER = 'globex';

/** A step that waits for a second person, and a rollover under way. */
export const trustSteps = (database: Database, now: Date) =>
  database.system(async (tx) => {
    const input = { kind: 'start_rollover', authority: 'device' } as const;
    const asked = { requestedBy: 'x', requestedByPerson: uuidv7(), comment: null, summary: 's' };
    const expiresAt = new Date(now.getTime() + 86_400_000);
    const change = await trustChangeStore.insert(tx, { tenantId: OTHER, input, ...asked, expiresAt }, now);
    const [{ id }] = (await tx.query<{ id: string }>('select id from authorities where tenant_id = $1', [OTHER])) as [
      { id: string },
    ];
    const ends = { kind: 'device', fromId: id, toId: id, createdBy: 'x' } as const;
    return { changeId: change.id, rolloverId: (await rolloverStore.insert(tx, { tenantId: OTHER, ...ends }, now)).id };
  });

/** A batch, a manufacturer, a registered key and a device that waits. */
export const waysIn = async (
  database: Database,
  now: Date,
  made: (path: string, body: object) => Promise<{ id: string }>,
) => {
  const certificate = (await buildHierarchy(now)).device.pem;
  const key = { model: 'm1', serial: 'G2', keySha256: 'e'.repeat(64) };
  await made('/registered-keys/bulk', { rows: [key] });
  const [registered] = await database.system((tx) => tx.query<{ id: string }>('select id from registered_keys'));
  const expiresAt = new Date(now.getTime() + 86_400_000);
  const facts = { kind: 'operator', sourceId: null, model: 'm1', serial: 'G3', name: null, deviceId: null } as const;
  const asked = { keyHash: 'd'.repeat(64), keyAlgorithm: 'EC P-256', claim: {}, requestHash: 'r', address: null };
  const approval = await database.tenant(OTHER, (tx) =>
    approvalStore.insert(tx, { ...facts, ...asked, expiresAt }, now),
  );
  return {
    batchId: (await made('/claim-batches', { name: 'b', quota: 1 })).id,
    manufacturerId: (await made('/manufacturers', { name: 'm', model: 'm1', certificate })).id,
    registeredKeyId: registered!.id,
    approvalId: approval.id,
  };
};

/** A certificate of the device under an authority of its own. */
export const certificateOf = (database: Database, now: Date, deviceId: string) =>
  database.tenant(OTHER, async (tx) => {
    const authority = { tenantId: OTHER, kind: 'device' as const, generation: 9, certificatePem: '', keyRef: 'k' };
    const { id: authorityId } = await authorityStore.insert(tx, authority, now);
    const names = { serial: 'a', fingerprint: 'b', keyHash: 'c', pem: '', id: uuidv7() };
    const life = { notBefore: now, notAfter: new Date(now.getTime() + 86_400_000) };
    const row = await certificateStore.insert(
      tx,
      {
        deviceId,
        tokenId: null,
        source: 'token' as const,
        sourceId: null,
        late: false,
        authorityId,
        ...names,
        ...life,
      },
      now,
    );
    return row.id;
  });

export const deadLetter = (database: Database, now: Date) =>
  database.system(async (tx) => {
    const why = { reason: 'payload_malformed', detail: '', tenant: OTHER, deviceId: null, receivedAt: now };
    await deadLetterStore.insert(tx, [{ ...why, topic: 't', payload: Buffer.from('x') }]);
    return (await deadLetterStore.list(tx, { limit: 1 }))[0]!.id;
  });

export const archive = (database: Database) =>
  database.system(async (tx) => {
    const id = uuidv7();
    await tx.query(
      `insert into archives (id, tenant_id, day, source, state, device_keys) values ($1, $2, '2026-01-01', 's', 'kept', '{}')`,
      [id, OTHER],
    );
    return id;
  });
