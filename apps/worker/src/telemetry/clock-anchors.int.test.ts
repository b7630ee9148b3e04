import { randomUUID } from 'node:crypto';
import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let test: TestDatabase;
let worker: TestWorker;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => tx.query(`insert into tenants (id, name) values ('north', 'North')`));
  await test.database.system((tx) =>
    tx.query(`insert into device_classes (tenant_id, name) values ('north', 'gateway')`),
  );
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

const newDevice = async () => {
  const deviceId = randomUUID();
  await test.database.system(async (tx) => {
    await tx.query(
      `insert into devices (tenant_id, id, name, serial, model, class, state) values ('north', $1, $2, $2, 'm1', 'gateway', 'active')`,
      [deviceId, deviceId],
    );
    await tx.query(
      `insert into device_state (device_key, tenant_id, device_id) select device_key, tenant_id, id from devices where id = $1`,
      [deviceId],
    );
  });
  return { tenant: 'north', deviceId };
};
type Device = Awaited<ReturnType<typeof newDevice>>;

const header = ({ deviceId }: Device, seqNo: number, at: Date) => ({
  msgId: `m${seqNo}`,
  deviceId,
  seqNo,
  producedAt: at.toISOString(),
  schemaVersion: 2,
});
const send = (device: Device, body: object | Buffer) => worker.transport.uplink(device, 'telemetry', body);
const stored = ({ deviceId }: Device) =>
  test.database.system((tx) =>
    tx.query<{ producedAt: Date; correctedAt: Date | null; flags: number }>(
      `select m.produced_at as "producedAt", m.corrected_at as "correctedAt", m.flags
       from messages m join devices d using (device_key) where d.id = $1 and m.kind = 2 order by m.seq_no`,
      [deviceId],
    ),
  );

describe('a device without a clock', () => {
  const beat = (device: Device, seqNo: number, sinceBoot: number, bootId: string) =>
    worker.transport.uplink(device, 'heartbeat', {
      ...header(device, seqNo, new Date(sinceBoot)),
      schemaVersion: 1,
      reason: 'connected',
      bootId,
    });
  const waited = (device: Device, seqNo: number, sinceBoot: number, bootId: string | undefined) =>
    send(device, {
      ...header(device, seqNo, new Date(sinceBoot)),
      bootId,
      readings: [{ dtMs: 0, values: { a: seqNo } }],
    });

  it('has what waited corrected by its heartbeat, distances kept, the key as it came', async () => {
    const device = await newDevice();
    const before = Date.now();
    await beat(device, 1, 3_600_000, 'b-1');
    const after = Date.now();
    await waited(device, 1, 600_000, 'b-1');
    await waited(device, 2, 1_200_000, 'b-1');
    const [first, second] = await stored(device);
    expect(first!.producedAt).toEqual(new Date(600_000));
    expect(second!.correctedAt!.getTime() - first!.correctedAt!.getTime()).toBe(600_000);
    expect(first!.correctedAt!.getTime()).toBeGreaterThanOrEqual(before - 3_000_000);
    expect(first!.correctedAt!.getTime()).toBeLessThanOrEqual(after - 3_000_000);
    expect(first!.flags & messageFlags.clockCorrected).toBeTruthy();
  });

  it('of another run, or of none that is known, counts from its arrival', async () => {
    const device = await newDevice();
    await beat(device, 1, 3_600_000, 'b-1');
    const before = Date.now();
    await waited(device, 1, 600_000, 'b-0');
    await waited(device, 2, 700_000, undefined);
    for (const row of await stored(device)) expect(row.correctedAt!.getTime()).toBeGreaterThanOrEqual(before);
  });

  it('is remembered by the database, for whoever takes its messages next', async () => {
    const device = await newDevice();
    await test.database.system((tx) =>
      tx.query(
        `insert into clock_anchors (device_key, boot_id, fault, tenant_id, offset_ms)
         select device_key, 'b-9', 'unset', tenant_id, $2 from devices where id = $1`,
        [device.deviceId, Date.UTC(2026, 0, 1)],
      ),
    );
    await waited(device, 1, 60_000, 'b-9');
    expect((await stored(device))[0]!.correctedAt).toEqual(new Date(Date.UTC(2026, 0, 1) + 60_000));
  });

  it('keeps the quickest heartbeat of a run, and the last runs alone', async () => {
    const device = await newDevice();
    await beat(device, 1, 10_000, 'slow');
    await beat(device, 2, 20_000, 'slow');
    const slow = await test.database.system((tx) =>
      tx.query<{ ms: number }>(
        `select offset_ms::float8 as ms from clock_anchors c join devices d using (device_key) where d.id = $1`,
        [device.deviceId],
      ),
    );
    expect(Date.now() - slow[0]!.ms).toBeGreaterThanOrEqual(20_000);
    for (let run = 0; run < 40; run++) await beat(device, 10 + run, 1_000, `run-${run}`);
    const rows = await test.database.system((tx) =>
      tx.query<{ bootId: string }>(
        `select boot_id as "bootId" from clock_anchors c join devices d using (device_key) where d.id = $1`,
        [device.deviceId],
      ),
    );
    expect(rows.length).toBeLessThanOrEqual(33);
    expect(rows.map(({ bootId }) => bootId)).toContain('run-39');
    expect(rows.map(({ bootId }) => bootId)).not.toContain('slow');
  });
});
