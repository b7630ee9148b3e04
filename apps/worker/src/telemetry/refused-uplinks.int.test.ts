import { randomUUID } from 'node:crypto';
import { MAX_UPLINK_BYTES } from '@muster/contracts/mqtt/uplink';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let test: TestDatabase;
let worker: TestWorker;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) =>
    tx.query(`insert into tenants (id, name) values ('north', 'North'), ('south', 'South')`),
  );
  await test.database.system((tx) =>
    tx.query(`insert into device_classes (tenant_id, name) values ('north', 'gateway'), ('south', 'gateway')`),
  );
  worker = await testWorker(test, [], undefined, { MUSTER_FLOOD_BURST: '60', MUSTER_FLOOD_PER_SECOND: '0.1' });
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

const newDevice = async (tenant = 'north') => {
  const deviceId = randomUUID();
  await test.database.system(async (tx) => {
    await tx.query(
      `insert into devices (tenant_id, id, name, serial, model, class, state) values ($1, $2, $3, $3, 'm1', 'gateway', 'active')`,
      [tenant, deviceId, deviceId],
    );
    await tx.query(
      `insert into device_state (device_key, tenant_id, device_id) select device_key, tenant_id, id from devices where id = $1`,
      [deviceId],
    );
  });
  return { tenant, deviceId };
};

const header = (deviceId: string, seqNo: number, at = new Date()) => ({
  msgId: `m${seqNo}`,
  deviceId,
  seqNo,
  producedAt: at.toISOString(),
  schemaVersion: 1,
});
const telemetry = (deviceId: string, seqNo: number, values: Record<string, number>, at?: Date) => ({
  ...header(deviceId, seqNo, at),
  readings: [{ values }],
});

const stored = (deviceId: string, kind = 2) =>
  test.database.system((tx) =>
    tx.query<{ seqNo: number; flags: number; correctedAt: Date | null; place: string | null }>(
      `select m.seq_no as "seqNo", m.flags, m.corrected_at as "correctedAt", p.path as place
       from messages m join devices d using (device_key) left join places p on p.id = m.place_id
       where d.id = $1 and m.kind = $2 order by m.seq_no`,
      [deviceId, kind],
    ),
  );
const deadLettersOf = async (deviceId: string) =>
  (await test.database.system((tx) => deadLetterStore.list(tx, { limit: 100 }))).filter(
    (letter) => letter.deviceId === deviceId || letter.topic.includes(deviceId),
  );

describe('what cannot be taken', () => {
  it.each([
    ['payload_malformed', (_: string) => Buffer.from('{"half":')],
    ['payload_invalid', (id: string) => ({ ...header(id, 1), readings: 'none' })],
    ['schema_version_unknown', (id: string) => ({ ...telemetry(id, 1, { a: 1 }), schemaVersion: 99 })],
    ['identity_mismatch', () => telemetry(randomUUID(), 1, { a: 1 })],
    // A NUL passes JSON and the schema, and only Postgres refuses it.
    ['payload_invalid', (id: string) => ({ ...telemetry(id, 1, { a: 1 }), extra: { note: '\0' } })],
  ])('becomes a dead letter: %s', async (reason, body) => {
    const device = await newDevice();
    await worker.transport.uplink(device, 'telemetry', body(device.deviceId));
    expect(await deadLettersOf(device.deviceId)).toMatchObject([{ reason, state: 'open', tenant: 'north' }]);
    expect(await stored(device.deviceId)).toEqual([]);
  });

  it('is told to the device as refused, so that its buffer empties', async () => {
    const device = await newDevice();
    await worker.transport.uplink(device, 'telemetry', { ...header(device.deviceId, 7), readings: [] });
    await assertEventually(() =>
      expect(worker.transport.to(device, 'ack')).toMatchObject([
        { ranges: [[7, 7]], refused: [[7, 'payload_invalid']] },
      ]),
    );
  });

  it('does not take its neighbours in the batch along', async () => {
    const device = await newDevice();
    const bodies = Array.from({ length: 40 }, (_, n) => telemetry(device.deviceId, n, { a: n }));
    Object.assign(bodies[17]!, { extra: { note: '\0' } });
    await Promise.all(bodies.map((body) => worker.transport.uplink(device, 'telemetry', body)));
    expect((await stored(device.deviceId)).map(({ seqNo }) => seqNo)).toEqual(
      Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 17),
    );
    expect(await deadLettersOf(device.deviceId)).toHaveLength(1);
  });

  it('includes devices nobody knows and tenants that are not theirs', async () => {
    const stranger = { tenant: 'north', deviceId: randomUUID() };
    await worker.transport.uplink(stranger, 'telemetry', telemetry(stranger.deviceId, 1, { a: 1 }));
    expect(await deadLettersOf(stranger.deviceId)).toMatchObject([{ reason: 'device_unknown' }]);
    const device = await newDevice('south');
    await worker.transport.uplink({ ...device, tenant: 'north' }, 'telemetry', telemetry(device.deviceId, 1, { a: 1 }));
    // It is of the tenant that has the device; the one it named must not find foreign matter in its list.
    expect(await deadLettersOf(device.deviceId)).toMatchObject([{ reason: 'tenant_mismatch', tenant: 'south' }]);
    expect(await stored(device.deviceId)).toEqual([]);
  });

  it('includes what is too large, of which the beginning is kept and the device told', async () => {
    const device = await newDevice();
    const body = { ...telemetry(device.deviceId, 4, { a: 1 }), extra: { note: 'x'.repeat(MAX_UPLINK_BYTES) } };
    await worker.transport.uplink(device, 'telemetry', body);
    const [dead] = await deadLettersOf(device.deviceId);
    expect(dead).toMatchObject({ reason: 'payload_too_large', tenant: 'north' });
    expect(dead!.body).toHaveLength(1024);
    expect(await stored(device.deviceId)).toEqual([]);
    await assertEventually(() =>
      expect(worker.transport.to(device, 'ack')).toMatchObject([{ refused: [[4, 'payload_too_large']] }]),
    );
  });

  it('is counted by its code', async () => {
    const device = await newDevice();
    const count = async () =>
      Number(
        /muster_dead_letters_total\{.*code="schema_version_unknown".*\} (\d+)/.exec(
          await worker.metrics.metrics(),
        )?.[1] ?? 0,
      );
    const before = await count();
    await worker.transport.uplink(device, 'telemetry', { ...telemetry(device.deviceId, 1, {}), schemaVersion: 99 });
    expect(await count()).toBe(before + 1);
  });

  it('can be mended and replayed', async () => {
    const device = await newDevice();
    await worker.transport.uplink(device, 'telemetry', { ...header(device.deviceId, 3), readings: [] });
    const [dead] = await deadLettersOf(device.deviceId);
    const body = Buffer.from(JSON.stringify(telemetry(device.deviceId, 3, { a: 3 })));
    await test.database.tenant('north', async (tx) => {
      await deadLetterStore.resolve(tx, dead!.id, { state: 'replayed', by: 'u1', at: new Date(), body });
      await outbox.drop(tx, {
        tenantId: 'north',
        type: 'dead_letter.replay_requested',
        key: dead!.id,
        payload: { deadLetterId: dead!.id },
      });
    });
    await assertEventually(async () => expect(await stored(device.deviceId)).toHaveLength(1));
  });

  it('can be replayed together, past the limit of what a device may send', async () => {
    const device = await newDevice();
    const bad = Array.from({ length: 50 }, (_, n) => ({ ...header(device.deviceId, n), readings: [] }));
    await Promise.all(bad.map((body) => worker.transport.uplink(device, 'telemetry', body)));
    // As after a mistake of ours was mended: what was refused would be taken now.
    await test.database.system((tx) =>
      tx.execute(
        `update dead_letters set body = convert_to(
           (convert_from(body, 'UTF8')::jsonb || '{"readings":[{"values":{"a":1}}]}')::text, 'UTF8') where device_id = $1`,
        [device.deviceId],
      ),
    );
    await test.database.tenant('north', async (tx) => {
      const how = { state: 'replayed', by: 'u1', at: new Date() } as const;
      const deadLetterIds = await deadLetterStore.resolveMany(tx, { deviceId: device.deviceId }, how, 100);
      const letter = { tenantId: 'north', type: 'dead_letter.replays_requested', key: deadLetterIds[0]! };
      await outbox.drop(tx, { ...letter, payload: { deadLetterIds } });
    });
    await assertEventually(async () => expect(await stored(device.deviceId)).toHaveLength(50));
  });
});
