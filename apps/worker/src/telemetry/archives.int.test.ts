import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveStore } from '@muster/persistence/telemetry/archive.store';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
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

describe('an archive', () => {
  const restore = (id: string, until: Date) =>
    world.query(`update archives set state = 'restoring', restored_until = $2 where id = $1`, [id, until]);

  it('brings back exactly what was stored, leaves it alone while it is wanted, and takes it away again', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 2);
    await world.fill(oldest, 30);
    await world.query('update messages set corrected_at = $1 where device_key = $2 and seq_no % 2 = 0', [
      new Date(oldest.getTime() + 99),
      world.keys.b,
    ]);
    const before = (await everything(world)).filter((row) => row.device_key !== world.keys.s);
    const worker = world.on(database());
    await worker.retain(later(3));
    expect(await everything(world)).toEqual([]);
    const [archive, ...more] = await world.archivesOf('north');
    expect([archive, more]).toMatchObject([{ state: 'kept', rows: 90, day: oldest.toISOString().slice(0, 10) }, []]);
    expect(await world.archivesOf('south')).toEqual([]);

    await restore(archive!.id, new Date(world.clock.now().getTime() + DAY_MS));
    await worker.settle();
    expect(await everything(world)).toEqual(before);
    await worker.retain(later(4));
    expect(await everything(world)).toEqual(before);
    world.clock.advance(2 * DAY_MS);
    await worker.settle();
    expect(await everything(world)).toEqual([]);
    expect(await world.archivesOf('north')).toMatchObject([{ state: 'kept' }]);
  });

  it('is brought back and taken away once, however often whoever does it dies', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 2);
    await world.fill(oldest, 20);
    const before = (await everything(world)).filter((row) => row.device_key !== world.keys.s);
    await world.on(database()).retain(later(3));
    const [archive] = await world.archivesOf('north');
    const dieOften = async () => {
      for (let nth = 1; nth < 6; nth++)
        await world
          .on(deadlyDatabase(database(), nth, nth % 2 === 0 ? 'before' : 'after').database)
          .settle()
          .catch(() => {});
      await world.on(database()).settle();
    };
    await restore(archive!.id, new Date(world.clock.now().getTime() + DAY_MS));
    await dieOften();
    expect(await everything(world)).toEqual(before);
    world.clock.advance(2 * DAY_MS);
    await dieOften();
    expect(await everything(world)).toEqual([]);
  });

  it('that is ordered again when its time is over comes back whole', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 2);
    await world.fill(oldest, 5);
    await world.on(database()).retain(later(3));
    const { id } = (await world.archivesOf('north'))[0]!;
    const order = (until: number, now: number) =>
      database().system((tx) => archiveStore.orderRestore(tx, id, later(until), later(now)));
    expect(await order(5, 4)).toMatchObject({ state: 'restoring' });
    await world.on(database()).settle();
    expect(await order(6, 4)).toMatchObject({ state: 'restored', restoredUntil: later(6) });
    expect(await order(9, 7)).toMatchObject({ state: 'restoring' });
    await database().system((tx) => archiveStore.settle(tx, { id, state: 'restored' }, later(10)));
    expect(await world.archivesOf('north')).toMatchObject([{ state: 'restoring' }]);
    await world.on(database()).settle();
    expect(await everything(world)).toHaveLength(15);
  });

  it('is made when the store is there again, and until then its rows wait', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.keep('south', '', 2);
    await world.fill(oldest, 5);
    writeFileSync(join(world.data, 'artifacts'), 'in the way');
    await world.on(database()).retain(later(3));
    expect(await world.archivesOf('north')).toMatchObject([{ state: 'failed' }]);
    expect(await world.sources()).toHaveLength(1);
    rmSync(join(world.data, 'artifacts'));
    await world.on(database()).retain(later(3));
    expect(await world.archivesOf('north')).toMatchObject([{ state: 'kept', rows: 15 }]);
    expect(await world.sources()).toEqual([]);
  });

  it('of a class that ends earlier holds that class alone, and the rest gets its own later', async () => {
    await world.keep('north', '', 4, { archive: true });
    await world.keep('north', 'meter', 2, { archive: true });
    await world.keep('south', '', 4);
    await world.fill(oldest, 10);
    await world.on(database()).retain(later(3));
    expect(await world.archivesOf('north')).toMatchObject([{ rows: 10, state: 'kept' }]);
    await world.on(database()).retain(later(5));
    expect(await world.archivesOf('north')).toMatchObject([{ rows: 10 }, { rows: 20 }]);
    expect(await world.sources()).toEqual([]);
  });

  it('is made of messages whose clock was wrong too, when the time they count at has ended', async () => {
    await world.keep('north', '', 2, { archive: true });
    await world.query(
      `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, corrected_at)
       values ($1, '1970-01-01', 1, 1, $2, 1, $2), ($1, '2199-01-01', 2, 1, $2, 1, $2), ($1, '1970-01-01', 3, 1, $3, 1, $3)`,
      [world.keys.a, oldest, later(3)],
    );
    await world.on(database()).retain(later(3));
    expect((await everything(world)).map((row) => row.seq_no)).toEqual([3]);
    expect((await world.archivesOf('north')).map(({ rows }) => rows)).toEqual([1, 1]);
  });

  it.each(['before', 'after'] as const)(
    'loses and doubles no row whichever transaction its maker dies %s',
    async (when) => {
      await world.keep('north', '', 2, { archive: true });
      await world.keep('north', 'meter', 3, { archive: true });
      await world.keep('south', '', 90, { warm: 1, archive: true });
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
        expect(await world.sources()).toEqual([]);
        const rows = (await world.archivesOf('north')).filter((one) => one.day === at.toISOString().slice(0, 10));
        expect(rows.every(({ state }) => state === 'kept')).toBe(true);
        expect(rows.reduce((sum, one) => sum + one.rows, 0)).toBe(18);
        expect(await world.countBy('s')).toBe((day / 2 + 1) * 6);
        if (!reached()) break;
      }
    },
    60_000,
  );
});
