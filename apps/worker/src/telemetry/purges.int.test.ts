import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, deadlyDatabase, type StorageWorld, storageWorld } from './storage.harness.js';

let world: StorageWorld;
let oldest: Date;
beforeEach(async () => {
  world = await storageWorld();
  oldest = (await world.test.database.system((tx) => partitionStore.list(tx))).floor!;
});
afterEach(() => world[Symbol.asyncDispose]());

const database = () => world.test.database;
const later = (days: number) => new Date(oldest.getTime() + days * DAY_MS + 3_600_000);

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
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 50);
    await world.fill(oldest, 10);
    await world.on(database()).retain(later(3));
    await world.fill(new Date(oldest.getTime() + 5 * DAY_MS), 10);
    await world.query(
      `insert into dead_letters (id, received_at, tenant_id, device_id, topic, reason, body)
       values (gen_random_uuid(), now() - interval '1 minute', 'north', $1, 't', 'r', '')`,
      [world.ids.a],
    );
    for (const table of ['telemetry_hourly', 'telemetry_daily', 'telemetry_weekly'])
      await world.query(
        `insert into ${table} (device_key, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
         select d, 1, $2, 1, 1, 1, 1, 1, $2, 1, $2 from unnest($1::int[]) d`,
        [[world.keys.a, world.keys.b], oldest],
      );
    await world.query(
      `insert into latest_values (device_key, metric, tenant_id, at, value) select d, 1, 'north', $2, 1 from unnest($1::int[]) d`,
      [[world.keys.a, world.keys.b], oldest],
    );
    const [before] = await world.archivesOf('north');
    await order(world.ids.a);
    await world.on(database()).settle();
    expect(await purges()).toMatchObject([
      {
        state: 'done',
        removed: { messages: 10, archivedMessages: 10, deadLetters: 1, hourly: 1, daily: 1, weekly: 1, latest: 1 },
      },
    ]);
    expect([await world.countBy('a'), await world.countBy('b'), await world.countBy('s')]).toEqual([0, 10, 20]);
    for (const table of ['telemetry_hourly', 'telemetry_daily', 'telemetry_weekly', 'latest_values'])
      expect(await world.query(`select device_key as key from ${table}`)).toEqual([{ key: world.keys.b }]);
    const [after] = await world.archivesOf('north');
    expect(after).toMatchObject({ id: before!.id, rows: 20, state: 'kept' });
    const files = world.on(database()).files;
    await expect(files.read('north', { sha256: before!.sha256, size: 1 }, async () => 'read')).rejects.toMatchObject({
      name: 'ContentDamaged',
    });
    const audited = await world.query('select action from audit_entries');
    expect(audited).toContainEqual({ action: 'purge.finished' });
  });

  it('leaves what arrived after it was ordered', async () => {
    await order(world.ids.a);
    await world.query('update purges set requested_at = $1', [new Date(oldest.getTime() + DAY_MS / 2)]);
    await world.fill(oldest, 3);
    await world.fill(new Date(oldest.getTime() + DAY_MS), 4);
    await world.on(database()).settle();
    expect([await world.countBy('a'), await world.countBy('b')]).toEqual([4, 7]);
    expect(await world.query('select distinct device_key as key from rollup_dirty')).toEqual([{ key: world.keys.a }]);
  });

  it('leaves the hours of late messages that arrived after it was ordered to be rolled up', async () => {
    await order(world.ids.a);
    await world.fill(new Date(oldest.getTime() + DAY_MS), 1);
    await world.query('update messages set received_at = now() + interval $$1 minute$$');
    await world.on(database()).settle();
    expect(await world.countBy('a')).toBe(1);
    expect(
      await world.query(
        'select device_key as key, bucket from rollup_dirty where bucket < now() - interval $$1 hour$$ order by bucket desc limit 1',
      ),
    ).toEqual([{ key: world.keys.a, bucket: new Date(oldest.getTime() + DAY_MS) }]);
  });

  it('leaves the hour under way marked, which is marked once and relied on', async () => {
    await world.query(
      `insert into rollup_dirty (device_key, bucket) values ($1, date_trunc('hour', now(), 'UTC')) on conflict do nothing`,
      [world.keys.a],
    );
    await order(world.ids.a);
    await world.on(database()).settle();
    expect(
      await world.query(
        `select device_key as key from rollup_dirty where bucket = any (array[date_trunc('hour', now(), 'UTC'),
           date_trunc('hour', now(), 'UTC') - interval '1 hour'])`,
      ),
    ).toEqual([{ key: world.keys.a }]);
  });

  it('that cannot be done now says why and keeps no other back', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 2, { archive: true });
    await world.fill(oldest, 3);
    await world.on(database()).retain(later(3));
    const [damaged] = await world.archivesOf('north');
    await world.query('update archives set sha256 = $2 where id = $1', [damaged!.id, 'f'.repeat(64)]);
    await order(world.ids.a);
    await order(world.ids.s, 'south');
    await world.on(database()).settle();
    expect(await world.query('select tenant_id, state, detail is null as fine from purges order by 1')).toEqual([
      { tenant_id: 'north', state: 'running', fine: false },
      { tenant_id: 'south', state: 'done', fine: true },
    ]);
  });

  it('of a tenant leaves nothing of it and everything of others, whichever transaction it dies after', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 50);
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
    expect([
      await world.countBy('a'),
      await world.countBy('b'),
      await world.countBy('c'),
      await world.countBy('s'),
    ]).toEqual([0, 0, 0, 20]);
    expect(await world.archivesOf('north')).toEqual([]);
    expect(await purges()).toMatchObject([
      { state: 'done', removed: { messages: 30, archivedMessages: 30, archives: 1 } },
    ]);
    expect(await world.query('select * from archive_leftovers')).toEqual([]);
  });
});
