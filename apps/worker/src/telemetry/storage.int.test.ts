import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { hourlyRollups, rawMessages } from '@muster/persistence/telemetry/partitioned';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, everything, type StorageWorld, storageWorld } from './storage.harness.js';

let world: StorageWorld;
let oldest: Date;
beforeEach(async () => {
  world = await storageWorld();
  oldest = (await world.test.database.system((tx) => partitionStore.list(tx))).floor!;
});
afterEach(() => world[Symbol.asyncDispose]());

const database = () => world.test.database;
const later = (days: number) => new Date(oldest.getTime() + days * DAY_MS + 3_600_000);
const parts = () => database().system((tx) => tierStore.parts(tx, rawMessages));

describe('a day', () => {
  it('that nobody keeps leaves as a whole, and what still comes for it has a home until it ends too', async () => {
    await world.keep('north', '', 2);
    await world.keep('south', '', 2);
    await world.fill(oldest, 5);
    await world.fill(new Date(oldest.getTime() + DAY_MS), 5);
    await world.on(database()).retain(later(3));
    expect(await world.countBy('a')).toBe(5);
    expect(await world.sources()).toEqual([]);
    expect((await parts())[0]!.start).toEqual(new Date(oldest.getTime() + DAY_MS));
    await world.fill(oldest, 5);
    expect(await world.countBy('a')).toBe(10);
    await world.on(database()).retain(later(3));
    expect(await world.countBy('a')).toBe(5);
  });

  it('that one keeps loses the rows of the others, is looked through once, and loses no other row', async () => {
    await world.keep('north', '', 2);
    await world.keep('north', 'meter', 50);
    await world.fill(oldest, 4);
    await world.on(database()).retain(later(4));
    expect([await world.countBy('a'), await world.countBy('c'), await world.countBy('s')]).toEqual([0, 4, 4]);
    expect(
      await world.query(`select tenant_id, class from retention_done where part = $1`, [(await parts())[0]!.name]),
    ).toEqual([{ tenant_id: 'north', class: '' }]);
  });

  it('waits while hours of it are not rolled up', async () => {
    await world.keep('north', '', 2);
    await world.keep('south', '', 2);
    await world.fill(oldest, 5);
    await world.query(
      `insert into rollup_dirty (device_key, bucket, marked_at) values ($1, $2, now() - interval '1 hour')`,
      [world.keys.a, oldest],
    );
    await world.on(database()).retain(later(4));
    expect(await world.countBy('a')).toBe(5);
  });

  it('leaves even while a device keeps sending messages of old days', async () => {
    await world.keep('north', '', 2);
    await world.keep('south', '', 2);
    await world.fill(oldest, 5);
    await world.query('insert into rollup_dirty (device_key, bucket) values ($1, $2)', [world.keys.a, oldest]);
    await world.on(database()).retain(later(4));
    expect(await world.countBy('a')).toBe(0);
  });

  it('is rewritten in device order when it is warm, with what arrives meanwhile, and stays open for late messages', async () => {
    for (let i = 0; i < 30; i++) await world.fill(new Date(oldest.getTime() + i * 600_000), 10);
    const part = (await parts())[0]!;
    const before = await everything(world);
    const { retention } = world.on(database());
    await database().system((tx) => tierStore.beginCopy(tx, part));
    await world.fill(new Date(oldest.getTime() + 1), 1);
    await database().system((tx) => tierStore.fillCopy(tx, part));
    await world.fill(new Date(oldest.getTime() + 2), 1);
    await database().outside((session) => tierStore.freezeCopy(session, part));
    await database().system((tx) => tierStore.swapCopy(tx, part));
    expect((await parts())[0]).toMatchObject({ name: part.name, warm: true, rows: before.length + 8 });
    await world.fill(new Date(oldest.getTime() + 3), 1);
    expect(await everything(world)).toHaveLength(before.length + 12);
    await database().outside((session) => retention.compact(session, part));
    expect(await everything(world)).toHaveLength(before.length + 12);
    // Each device lies on pages of its own, but for the first and the last of them.
    const [spread] = await world.query<{ pages: number; touched: number }>(
      `select count(distinct page) as pages, count(distinct (device_key, page)) as touched
       from (select device_key, (ctid::text::point)[0] as page from ${part.name}) x`,
    );
    expect(spread!.touched).toBeLessThanOrEqual(spread!.pages + 4);
  });
});

describe('hours', () => {
  it('end by the month, and before the first month one by one', async () => {
    for (const tenant of ['north', 'south']) await world.keep(tenant, '', 2);
    await world.query('update retention_policies set hourly_days = 40');
    const months = (await database().system((tx) => partitionStore.parts(tx, hourlyRollups))).map(({ start }) => start);
    for (const bucket of [new Date('2001-01-01'), ...months])
      await world.query(
        `insert into telemetry_hourly (device_key, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
         values ($1, 1, $2, 1, 1, 1, 1, 1, $2, 1, $2)`,
        [world.keys.a, bucket],
      );
    await world.on(database()).retain(new Date(months[2]!.getTime() + 41 * DAY_MS));
    const left = await world.query<{ bucket: Date }>('select bucket from telemetry_hourly order by bucket');
    expect(left.map(({ bucket }) => bucket)).toEqual(months.slice(2));
    expect(await world.sources()).toEqual([]);
  });
});

describe('an hour whose messages have ended', () => {
  const late = (seqNo: number) =>
    world.query(
      `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, dt_ms, metric, value)
       select $1, $2, $3, 2, $2, 1, '{0}', array[id], '{5}' from metrics where key = 'power' and tenant_id = 'north'`,
      [world.keys.a, oldest, seqNo],
    );
  const mark = () =>
    world.query('insert into rollup_dirty (device_key, bucket) values ($1, $2)', [world.keys.a, oldest]);
  const rollUp = () => database().system((tx) => rollupStore.rollUp(tx, later(5), 10));

  it('is not computed again from what comes late, and one that never was is computed', async () => {
    for (const tenant of ['north', 'south']) await world.keep(tenant, '', 2);
    const metric = await world.query<{ id: number }>(
      `select id from metrics where key = 'power' and tenant_id = 'north'`,
    );
    const counts = async () =>
      (
        await world.query<{ n: number }>('select n from telemetry_hourly where device_key = $1 and metric = $2', [
          world.keys.a,
          metric[0]!.id,
        ])
      ).map(({ n }) => n);
    await world.on(database()).retain(later(4));
    await late(1);
    await mark();
    await rollUp();
    expect(await counts()).toEqual([1]);
    await world.query('update telemetry_hourly set n = 60');
    await late(2);
    await mark();
    await rollUp();
    expect(await counts()).toEqual([60]);
    expect(await world.query('select * from rollup_dirty')).toEqual([]);
  });
});

describe('a reader that stays for seconds', () => {
  it('keeps nobody from storing while days are made, compacted and ended', async () => {
    await world.keep('north', '', 3, { warm: 1 });
    await world.keep('south', '', 3, { warm: 1 });
    await world.fill(oldest, 50);
    await world.fill(new Date(oldest.getTime() + 2 * DAY_MS), 50);
    const began = performance.now();
    let slowest = 0;
    let stored = 0;
    let reading = true;
    const reader = database().system(async (tx) => {
      await tx.query('select count(*) from messages');
      await assertEventually(() => expect(performance.now() - began).toBeGreaterThan(3_000), { within: 6_000 });
      reading = false;
    });
    const ingest = (async () => {
      for (let n = 0; reading; n++) {
        const at = performance.now();
        await world.fill(new Date(Date.now() + n), 1);
        slowest = Math.max(slowest, performance.now() - at);
        stored += 4;
      }
    })();
    const tending = world.on(database()).retain(later(4.5));
    const extending = database()
      .system((tx) => partitionStore.extend(tx, later(30)))
      .catch((error: unknown) => error);
    await Promise.all([reader, ingest, tending, extending]);
    expect(slowest).toBeLessThan(1_000);
    expect(stored).toBeGreaterThan(20);
    expect(await everything(world)).toHaveLength(stored + 200);
    expect((await parts())[0]).toMatchObject({ start: new Date(oldest.getTime() + DAY_MS) });
  });
});
