import { randomUUID } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { messageFlags, qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { encodeCbor } from '@muster/telemetry/encode-cbor';
import { assertEventually } from '@muster/testkit/assert-eventually';
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
const one = (device: Device, seqNo: number, values: Record<string, number | null>, at = new Date()) =>
  send(device, { ...header(device, seqNo, at), readings: [{ dtMs: 0, values }] });

interface Stored {
  readonly seqNo: number;
  readonly producedAt: Date;
  readonly correctedAt: Date | null;
  readonly flags: number;
  readonly dtMs: number[];
  readonly keys: string[];
  readonly value: number[];
  readonly quality: number[] | null;
}
const stored = ({ deviceId }: Device) =>
  test.database.system((tx) =>
    tx.query<Stored>(
      `select m.seq_no as "seqNo", m.produced_at as "producedAt", m.corrected_at as "correctedAt", m.flags, m.dt_ms as "dtMs",
         (select array_agg(c.key order by u.n) from unnest(m.metric) with ordinality u(id, n) join metrics c on c.id = u.id) as keys,
         m.value, m.quality
       from messages m join devices d using (device_key) where d.id = $1 and m.kind = 2 order by m.seq_no`,
      [deviceId],
    ),
  );
const latest = ({ deviceId }: Device) =>
  test.database.system((tx) =>
    tx.query<{ key: string; value: number }>(
      `select m.key, l.value from latest_values l join metrics m on m.id = l.metric join devices d on d.device_key = l.device_key
       where d.id = $1 order by m.key`,
      [deviceId],
    ),
  );
/** Says what a metric is, as the catalogue's page does; processes are told by the database. */
const describeMetric = (key: string, facts: string) =>
  test.database.system(async (tx) => {
    await tx.query(`insert into metrics (tenant_id, key) values ('north', $1) on conflict do nothing`, [key]);
    await tx.query(`update metrics set ${facts}, version = version + 1 where tenant_id = 'north' and key = $1`, [key]);
  });

describe('a message', () => {
  it('is the same row in every encoding and version', async () => {
    const at = new Date();
    const block = [{ dtMs: [-2000, -1000, 0], values: { power_w: [1.5, 2.5, 3.5], temp_c: [20, null, 22] } }];
    const apart = [
      { dtMs: -2000, values: { power_w: 1.5, temp_c: 20 } },
      { dtMs: -1000, values: { power_w: 2.5, temp_c: null } },
      { values: { power_w: 3.5, temp_c: 22 } },
    ];
    const v2 = (device: Device) => ({ ...header(device, 1, at), readings: block });
    const v1 = (device: Device) => ({ ...header(device, 1, at), schemaVersion: 1, readings: apart });
    const json = (body: object) => Buffer.from(JSON.stringify(body));
    const forms: ((device: Device) => Buffer)[] = [
      (device) => json(v1(device)),
      (device) => json(v2(device)),
      (device) => encodeCbor(v1(device)),
      (device) => encodeCbor(v2(device)),
      (device) => gzipSync(json(v2(device))),
      (device) => zstdCompressSync(encodeCbor(v2(device))),
    ];
    for (const form of forms) {
      const device = await newDevice();
      await send(device, form(device));
      expect(await stored(device)).toEqual([
        {
          seqNo: 1,
          producedAt: at,
          correctedAt: null,
          flags: messageFlags.nullReading,
          dtMs: [-2000, -2000, -1000, -1000, 0, 0],
          keys: ['power_w', 'temp_c', 'power_w', 'temp_c', 'power_w', 'temp_c'],
          value: [1.5, 20, 2.5, Number.NaN, 3.5, 22],
          quality: [0, 0, 0, qualityFlags.missing, 0, 0],
        },
      ]);
    }
  });

  it('that expands beyond the limit is a dead letter that says so', async () => {
    const device = await newDevice();
    await send(device, gzipSync(Buffer.alloc(10_000_000, 0x20)));
    const [letter] = await test.database.system((tx) =>
      tx.query<{ reason: string; detail: string }>('select reason, detail from dead_letters where device_id = $1', [
        device.deviceId,
      ]),
    );
    expect(letter).toMatchObject({ reason: 'payload_too_large', detail: 'expands to more than 131072 bytes' });
  });
});

describe('the quality of readings', () => {
  it('stands beside each of them, and the unusable are nobody’s newest value', async () => {
    await describeMetric('t_range', 'low = -40, high = 85');
    const device = await newDevice();
    const body = {
      ...header(device, 1, new Date()),
      readings: [
        { dtMs: -1000, values: { t_range: 20, plain: 1 } },
        { dtMs: 0, values: { t_range: 90, plain: null, other: Number.POSITIVE_INFINITY, twice: 1 } },
        { dtMs: 0, values: { twice: 2 } },
      ],
    };
    await send(device, encodeCbor(body));
    const { missing, notFinite, outOfRange, duplicate } = qualityFlags;
    expect(await stored(device)).toMatchObject([
      {
        keys: ['t_range', 'plain', 't_range', 'plain', 'other', 'twice', 'twice'],
        value: [20, 1, 90, Number.NaN, Number.NaN, 1, 2],
        quality: [0, 0, outOfRange, missing, notFinite, duplicate, 0],
      },
    ]);
    await assertEventually(async () =>
      expect(await latest(device)).toEqual([
        { key: 'plain', value: 1 },
        { key: 't_range', value: 20 },
        { key: 'twice', value: 2 },
      ]),
    );
  });

  it('is null where all are fine', async () => {
    const device = await newDevice();
    await one(device, 1, { plain: 1 });
    expect(await stored(device)).toMatchObject([{ quality: null }]);
  });

  it('tells a sensor that is stuck, which is still the newest value', async () => {
    await describeMetric('stuck_c', 'stuck_after_s = 60');
    const device = await newDevice();
    const now = Date.now();
    const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000);
    await one(device, 1, { stuck_c: 7 }, at(200));
    await one(device, 2, { stuck_c: 7 }, at(150));
    await one(device, 3, { stuck_c: 7 }, at(100));
    await one(device, 4, { stuck_c: 8 }, at(90));
    expect((await stored(device)).map(({ quality }) => quality)).toEqual([null, null, [qualityFlags.stuck], null]);
    await one(device, 5, { stuck_c: 8 }, at(20));
    await assertEventually(async () => expect(await latest(device)).toEqual([{ key: 'stuck_c', value: 8 }]));
  });
});

describe('the catalogue', () => {
  it('has a reading of an alias stored under the metric it stands for, and is heard when it changes', async () => {
    const device = await newDevice();
    await one(device, 1, { temp_f: 212 });
    await describeMetric('temp_target', 'high = 99');
    await describeMetric(
      'temp_f',
      `alias_of = (select id from metrics where tenant_id = 'north' and key = 'temp_target'), factor = 5.0 / 9, shift = -160.0 / 9`,
    );
    let seqNo = 1;
    await assertEventually(async () => {
      await one(device, ++seqNo, { temp_f: 50 });
      const last = (await stored(device)).at(-1)!;
      expect(last.keys).toEqual(['temp_target']);
      expect(last.value[0]).toBeCloseTo(10);
    });
    await one(device, ++seqNo, { temp_f: 212 });
    const all = await stored(device);
    expect(all[0]).toMatchObject({ keys: ['temp_f'], value: [212], quality: null });
    expect(all.at(-1)).toMatchObject({ keys: ['temp_target'], quality: [qualityFlags.outOfRange] });
  });

  it('lets a range of the target bind its aliases from then on', async () => {
    const device = await newDevice();
    await describeMetric('alias_target', 'low = null');
    await describeMetric(
      'alias_name',
      `alias_of = (select id from metrics where tenant_id = 'north' and key = 'alias_target')`,
    );
    await one(device, 1, { alias_name: 5 });
    expect(await stored(device)).toMatchObject([{ keys: ['alias_target'], quality: null }]);
    await describeMetric('alias_target', 'low = 10');
    let seqNo = 1;
    await assertEventually(async () => {
      await one(device, ++seqNo, { alias_name: 5 });
      expect((await stored(device)).at(-1)!.quality).toEqual([qualityFlags.outOfRange]);
    });
  });
});
