import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { rawMessages } from '@muster/persistence/telemetry/partitioned';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, deadlyDatabase, everything, type StorageWorld, storageWorld } from './storage.harness.js';

let world: StorageWorld;
let oldest: Date;
beforeEach(async () => {
  world = await storageWorld();
  oldest = (await world.test.database.system((tx) => partitionStore.list(tx))).floor!;
});
afterEach(() => world[Symbol.asyncDispose]());

const database = () => world.test.database;
const later = (days: number) => new Date(oldest.getTime() + days * DAY_MS + 3_600_000);
const keep = (tenant: string, name: string, rawDays: number, more: { archive?: boolean; warm?: number } = {}) =>
  world.query(`insert into retention_policies values ($1, $2, $3, 900, $4, $5)`, [
    tenant,
    name,
    rawDays,
    more.warm ?? rawDays,
    more.archive ?? false,
  ]);
const countBy = async (device: keyof StorageWorld['keys']) => {
  const [row] = await world.query<{ n: number }>('select count(*) as n from messages where device_key = $1', [
    world.keys[device],
  ]);
  return row!.n;
};
const archivesOf = (tenant: string) =>
  world.query<{ id: string; state: string; rows: number; day: string; sha256: string; source: string }>(
    'select id, state, rows, day::text as day, sha256, source, detail from archives where tenant_id = $1 order by day, id',
    [tenant],
  );
const parts = () => database().system((tx) => tierStore.parts(tx, rawMessages));
const sources = () => database().system((tx) => tierStore.sources(tx));

describe('a day', () => {
  it('that nobody keeps leaves as a whole, and what still comes for it has a home until it ends too', async () => {
    await keep('north', '', 2);
    await keep('south', '', 2);
    await world.fill(oldest, 5);
    await world.fill(new Date(oldest.getTime() + DAY_MS), 5);
    await world.on(database()).retain(later(3));
    expect(await countBy('a')).toBe(5);
    expect(await sources()).toEqual([]);
    expect((await parts())[0]!.start).toEqual(new Date(oldest.getTime() + DAY_MS));
    await world.fill(oldest, 5);
    expect(await countBy('a')).toBe(10);
    await world.on(database()).retain(later(3));
    expect(await countBy('a')).toBe(5);
  });

  it('that one keeps loses the rows of the others, is looked through once, and loses no other row', async () => {
    await keep('north', '', 2);
    await keep('north', 'meter', 50);
    await world.fill(oldest, 4);
    await world.on(database()).retain(later(4));
    expect([await countBy('a'), await countBy('c'), await countBy('s')]).toEqual([0, 4, 4]);
    expect(
      await world.query(`select tenant_id, class from retention_done where part = $1`, [(await parts())[0]!.name]),
    ).toEqual([{ tenant_id: 'north', class: '' }]);
  });

  it('waits while hours of it are not rolled up', async () => {
    await keep('north', '', 2);
    await keep('south', '', 2);
    await world.fill(oldest, 5);
    await world.query('insert into rollup_dirty (device_key, bucket) values ($1, $2)', [world.keys.a, oldest]);
    await world.on(database()).retain(later(4));
    expect(await countBy('a')).toBe(5);
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
    for (const tenant of ['north', 'south']) await keep(tenant, '', 2);
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
    await keep('north', '', 3, { warm: 1 });
    await keep('south', '', 3, { warm: 1 });
    await world.fill(oldest, 50);
    await world.fill(new Date(oldest.getTime() + 2 * DAY_MS), 50);
    const began = performance.now();
    let slowest = 0;
    let stored = 0;
    let reading = true;
    const reader = database().system(async (tx) => {
      await tx.query('select count(*) from messages');
      await assertEventually(() => expect(performance.now() - began).toBeGreaterThan(3_000), { timeoutMs: 5_000 });
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

describe('an archive', () => {
  const restore = (id: string, until: Date) =>
    world.query(`update archives set state = 'restoring', restored_until = $2 where id = $1`, [id, until]);

  it('brings back exactly what was stored, leaves it alone while it is wanted, and takes it away again', async () => {
    await keep('north', '', 2, { archive: true });
    await keep('south', '', 2);
    await world.fill(oldest, 30);
    await world.query('update messages set corrected_at = $1 where device_key = $2 and seq_no % 2 = 0', [
      new Date(oldest.getTime() + 99),
      world.keys.b,
    ]);
    const before = (await everything(world)).filter((row) => row.device_key !== world.keys.s);
    const worker = world.on(database());
    await worker.retain(later(3));
    expect(await everything(world)).toEqual([]);
    const [archive, ...more] = await archivesOf('north');
    expect([archive, more]).toMatchObject([{ state: 'kept', rows: 90, day: oldest.toISOString().slice(0, 10) }, []]);
    expect(await archivesOf('south')).toEqual([]);

    await restore(archive!.id, new Date(world.clock.now().getTime() + DAY_MS));
    await worker.settle();
    expect(await everything(world)).toEqual(before);
    await worker.retain(later(4));
    expect(await everything(world)).toEqual(before);
    world.clock.advance(2 * DAY_MS);
    await worker.settle();
    expect(await everything(world)).toEqual([]);
    expect(await archivesOf('north')).toMatchObject([{ state: 'kept' }]);
  });

  it('of a class that ends earlier holds that class alone, and the rest gets its own later', async () => {
    await keep('north', '', 4, { archive: true });
    await keep('north', 'meter', 2, { archive: true });
    await keep('south', '', 4);
    await world.fill(oldest, 10);
    await world.on(database()).retain(later(3));
    expect(await archivesOf('north')).toMatchObject([{ rows: 10, state: 'kept' }]);
    await world.on(database()).retain(later(5));
    expect(await archivesOf('north')).toMatchObject([{ rows: 10 }, { rows: 20 }]);
    expect(await sources()).toEqual([]);
  });

  it('is made of messages whose clock was wrong too, when the time they count at has ended', async () => {
    await keep('north', '', 2, { archive: true });
    await world.query(
      `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, corrected_at)
       values ($1, '1970-01-01', 1, 1, $2, 1, $2), ($1, '2199-01-01', 2, 1, $2, 1, $2), ($1, '1970-01-01', 3, 1, $3, 1, $3)`,
      [world.keys.a, oldest, later(3)],
    );
    await world.on(database()).retain(later(3));
    expect((await everything(world)).map((row) => row.seq_no)).toEqual([3]);
    expect((await archivesOf('north')).map(({ rows }) => rows)).toEqual([1, 1]);
  });

  it.each(['before', 'after'] as const)(
    'loses and doubles no row whichever transaction its maker dies %s',
    async (when) => {
      await keep('north', '', 2, { archive: true });
      await keep('north', 'meter', 3, { archive: true });
      await keep('south', '', 90, { warm: 1, archive: true });
      await database().system((tx) => partitionStore.extend(tx, later(60)));
      for (let nth = 1, day = 0; ; nth += 4, day += 2) {
        const at = new Date(oldest.getTime() + day * DAY_MS);
        await world.fill(at, 6);
        const { database: deadly, reached } = deadlyDatabase(database(), nth, when);
        await world
          .on(deadly)
          .retain(later(day + 3))
          .catch(() => {});
        await world.on(database()).retain(later(day + 4));
        expect(await sources()).toEqual([]);
        const rows = (await archivesOf('north')).filter((one) => one.day === at.toISOString().slice(0, 10));
        expect(rows.every(({ state }) => state === 'kept')).toBe(true);
        expect(rows.reduce((sum, one) => sum + one.rows, 0)).toBe(18);
        expect(await countBy('s')).toBe((day / 2 + 1) * 6);
        if (!reached()) break;
      }
    },
    60_000,
  );
});

describe('a purge', () => {
  const order = (deviceId: string | null, tenant = 'north') =>
    world.query(
      `insert into purges (id, tenant_id, device_id, reason, requested_by, requested_at, state)
       values (gen_random_uuid(), $1, $2, 'asked to', 'owner', now(), 'queued')`,
      [tenant, deviceId],
    );
  const purges = () =>
    world.query<{ state: string; removed: Record<string, number> }>('select state, removed from purges');

  it('of a device takes it out of every tier and out of archives, and leaves the others', async () => {
    await keep('north', '', 2, { archive: true });
    await keep('south', '', 50);
    await world.fill(oldest, 10);
    await world.on(database()).retain(later(3));
    await world.fill(new Date(oldest.getTime() + 5 * DAY_MS), 10);
    await world.query(
      `insert into dead_letters (id, received_at, tenant_id, device_id, topic, reason, body)
       values (gen_random_uuid(), now() - interval '1 minute', 'north', $1, 't', 'r', '')`,
      [world.ids.a],
    );
    const [before] = await archivesOf('north');
    await order(world.ids.a);
    await world.on(database()).settle();
    expect(await purges()).toMatchObject([
      { state: 'done', removed: { messages: 10, archivedMessages: 10, deadLetters: 1 } },
    ]);
    expect([await countBy('a'), await countBy('b'), await countBy('s')]).toEqual([0, 10, 20]);
    const [after] = await archivesOf('north');
    expect(after).toMatchObject({ id: before!.id, rows: 20, state: 'kept' });
    const files = world.on(database()).files;
    await expect(files.read('north', { sha256: before!.sha256, size: 1 }, async () => 'read')).rejects.toMatchObject({
      name: 'ContentDamaged',
    });
    const audited = await world.query('select action from audit_entries');
    expect(audited).toContainEqual({ action: 'purge.finished' });
  });

  it('of a tenant leaves nothing of it and everything of others, whichever transaction it dies after', async () => {
    await keep('north', '', 2, { archive: true });
    await keep('south', '', 50);
    await world.fill(oldest, 10);
    await world.on(database()).retain(later(3));
    await world.fill(new Date(oldest.getTime() + 5 * DAY_MS), 10);
    await order(null);
    for (let nth = 3; ; nth += 5) {
      const { database: deadly, reached } = deadlyDatabase(database(), nth, 'after');
      await world
        .on(deadly)
        .settle()
        .catch(() => {});
      if (!reached()) break;
    }
    await world.on(database()).settle();
    expect([await countBy('a'), await countBy('b'), await countBy('c'), await countBy('s')]).toEqual([0, 0, 0, 20]);
    expect(await archivesOf('north')).toEqual([]);
    expect(await purges()).toMatchObject([
      { state: 'done', removed: { messages: 30, archivedMessages: 30, archives: 1 } },
    ]);
    expect(await world.query('select * from archive_leftovers')).toEqual([]);
  });
});
