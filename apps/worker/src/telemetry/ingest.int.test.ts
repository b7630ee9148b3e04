import { randomUUID } from 'node:crypto';
import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
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
  worker = await testWorker(test);
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
describe('telemetry', () => {
  it('is stored before it is acknowledged, once however often it is sent', async () => {
    const device = await newDevice();
    const at = new Date();
    const bodies = Array.from({ length: 50 }, (_, n) => telemetry(device.deviceId, n, { power_w: n }, at));
    await Promise.all(bodies.map((body) => worker.transport.uplink(device, 'telemetry', body)));
    expect(await stored(device.deviceId)).toHaveLength(50);
    await Promise.all([...bodies, ...bodies].map((body) => worker.transport.uplink(device, 'telemetry', body)));
    expect(await stored(device.deviceId)).toHaveLength(50);
    await assertEventually(() => {
      const acks = worker.transport.to(device, 'ack');
      expect(acks.at(-1)).toMatchObject({ v: 1, stream: 'telemetry', epoch: 0, ranges: [[0, 49]], refused: [] });
    });
  });

  it('keeps the newest value of each metric and place, whatever the order of arrival', async () => {
    const device = await newDevice();
    const now = Date.now();
    for (const [n, ago] of [3_000, 1_000, 2_000].entries())
      await worker.transport.uplink(
        device,
        'telemetry',
        telemetry(device.deviceId, n, { power_w: ago }, new Date(now - ago)),
        'hall/meter-1',
      );
    const latest = () =>
      test.database.tenant('north', (tx) =>
        tx.query(
          `select l.value, p.path, m.key from latest_values l join places p on p.id = l.place_id join metrics m on m.id = l.metric
           join devices d on d.device_key = l.device_key where d.id = $1`,
          [device.deviceId],
        ),
      );
    await assertEventually(async () =>
      expect(await latest()).toEqual([{ value: 1_000, path: 'hall/meter-1', key: 'power_w' }]),
    );
  });

  it('with an impossible clock is stored where it says, flagged and with a corrected time', async () => {
    const device = await newDevice();
    await worker.transport.uplink(device, 'telemetry', telemetry(device.deviceId, 1, { a: 1 }, new Date(0)));
    await worker.transport.uplink(
      device,
      'telemetry',
      telemetry(device.deviceId, 2, { a: 2 }, new Date('2099-01-01T00:00:00.000Z')),
    );
    const [epoch, future] = await stored(device.deviceId);
    expect(epoch!.flags & messageFlags.clockCorrected).toBeTruthy();
    expect(future!.flags & messageFlags.future).toBeTruthy();
    expect(future!.correctedAt).not.toBeNull();
  });

  it('rolls an hour up from what is stored, and again after more arrived', async () => {
    const device = await newDevice();
    const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000);
    const at = (minute: number) => new Date(hour.getTime() + minute * 60_000);
    const rollUp = () =>
      test.database.system(async (tx) => {
        await rollupStore.rollUp(tx, new Date(hour.getTime() + 3_600_000), 100);
        return tx.query(
          `select n, sum, min, max, last from telemetry_hourly h join devices d using (device_key) where d.id = $1`,
          [device.deviceId],
        );
      });
    await worker.transport.uplink(device, 'telemetry', telemetry(device.deviceId, 1, { a: 5 }, at(10)));
    await worker.transport.uplink(device, 'telemetry', telemetry(device.deviceId, 2, { a: 1 }, at(20)));
    expect(await rollUp()).toEqual([{ n: 2, sum: 6, min: 1, max: 5, last: 1 }]);
    await worker.transport.uplink(device, 'telemetry', telemetry(device.deviceId, 3, { a: 9 }, at(15)));
    await worker.transport.uplink(device, 'telemetry', telemetry(device.deviceId, 1, { a: 5 }, at(10)));
    expect(await rollUp()).toEqual([{ n: 3, sum: 15, min: 1, max: 9, last: 1 }]);
  });
});

describe('a rollup', () => {
  it('makes good the newest values that died with the worker', async () => {
    const device = await newDevice();
    const hour = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000);
    await worker.transport.uplink(device, 'telemetry', telemetry(device.deviceId, 1, { a: 4 }, hour));
    const latest = () =>
      test.database.system((tx) =>
        tx.query<{ value: number }>(
          'select l.value from latest_values l join devices d using (device_key) where d.id = $1',
          [device.deviceId],
        ),
      );
    await assertEventually(async () => expect(await latest()).toEqual([{ value: 4 }]));
    await test.database.system((tx) =>
      tx.query('delete from latest_values l using devices d where d.device_key = l.device_key and d.id = $1', [
        device.deviceId,
      ]),
    );
    await test.database.system((tx) => rollupStore.rollUp(tx, new Date(hour.getTime() + 3_600_000), 100));
    expect(await latest()).toEqual([{ value: 4 }]);
  });
});

describe('heartbeats', () => {
  const state = async (deviceId: string) => {
    const [row] = await test.database.system((tx) =>
      tx.query<{ connected: boolean; sessionSince: Date | null; lastSeq: number; health: { status: string } }>(
        `select connected, session_since as "sessionSince", last_seq as "lastSeq", health from device_state where device_id = $1`,
        [deviceId],
      ),
    );
    return row!;
  };

  it('say who is there, and the first one after connecting tells everybody who waits', async () => {
    const device = await newDevice();
    const before = await test.database.system((tx) => outbox.head(tx));
    await worker.transport.uplink(device, 'heartbeat', {
      ...header(device.deviceId, 1),
      reason: 'connected',
      status: 'ok',
      firmwareVersion: '1.2.3',
    });
    expect(await state(device.deviceId)).toMatchObject({ connected: true, lastSeq: 1, health: { status: 'ok' } });
    expect(await stored(device.deviceId, 1)).toHaveLength(1);
    await assertEventually(async () => {
      const letters = await test.database.tenant('north', (tx) => outbox.after(tx, before, 100));
      const own = letters.filter(({ key }) => key === device.deviceId).map(({ type }) => type);
      expect(own).toContain('device.connected');
      expect(own).toContain('device.changed');
    });
  });

  it('that say nothing new a moment later leave the device as it is written, and are messages all the same', async () => {
    const device = await newDevice();
    const version = async () => {
      const [row] = await test.database.system((tx) =>
        tx.query<{ xmin: string }>('select xmin::text from device_state where device_id = $1', [device.deviceId]),
      );
      return row!.xmin;
    };
    const beat = (seqNo: number, more: object = {}) =>
      worker.transport.uplink(device, 'heartbeat', {
        ...header(device.deviceId, seqNo),
        reason: 'periodic',
        status: 'ok',
        ...more,
      });
    let seqNo = 1;
    await beat(seqNo, { uptimeS: seqNo });
    // Again where the machine stood still so long that the time was old.
    await assertEventually(async () => {
      const written = await version();
      await beat(++seqNo, { uptimeS: seqNo });
      expect(await version()).toBe(written);
    });
    expect(await stored(device.deviceId, 1)).toHaveLength(seqNo);
    await beat(++seqNo, { status: 'degraded' });
    expect(await state(device.deviceId)).toMatchObject({ lastSeq: seqNo, health: { status: 'degraded' } });
  });

  it('that were overtaken on the way prove life and say nothing else', async () => {
    const device = await newDevice();
    const beat = (seqNo: number, producedAt: string, firmwareVersion: string) =>
      worker.transport.uplink(device, 'heartbeat', {
        ...header(device.deviceId, seqNo),
        producedAt,
        reason: 'periodic',
        status: firmwareVersion === '2.0.0' ? 'ok' : 'error',
        firmwareVersion,
      });
    const version = () =>
      test.database.system(async (tx) => {
        const [row] = await tx.query<{ v: string }>('select firmware_version as v from devices where id = $1', [
          device.deviceId,
        ]);
        return row!.v;
      });
    const at = (second: number) => new Date(Date.UTC(2026, 10, 21, 6, 0, second)).toISOString();
    await beat(7, at(30), '2.0.0');
    await beat(5, at(10), '1.0.0');
    expect(await version()).toBe('2.0.0');
    expect(await state(device.deviceId)).toMatchObject({ lastSeq: 7, health: { status: 'ok' } });
    // A device that starts to count anew is heard, and so is one whose clock was set back.
    await beat(1, at(40), '3.0.0');
    expect(await version()).toBe('3.0.0');
    await beat(2, at(20), '4.0.0');
    expect(await version()).toBe('4.0.0');
  });

  it('the Will ends the session without being a message', async () => {
    const device = await newDevice();
    await worker.transport.uplink(device, 'heartbeat', { ...header(device.deviceId, 1), reason: 'connected' });
    await worker.transport.uplink(device, 'heartbeat', { ...header(device.deviceId, 0), reason: 'offline' });
    expect(await state(device.deviceId)).toMatchObject({ connected: false, lastSeq: 1 });
    expect(await stored(device.deviceId, 1)).toHaveLength(1);
  });
});
