import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogueStore, MOST_METRICS, MOST_PLACES } from './catalogue.store.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => tx.query(`insert into tenants (id, name) values ('a', 'A'), ('full', 'Full')`));
});
afterAll(() => test.drop());

const rules = (tenant: string, keys: string[]) => test.database.system((tx) => catalogueStore.rules(tx, tenant, keys));

describe('the catalogue as the ingest reads it', () => {
  it('gives a metric the same number each time, and says nothing of one nobody described', async () => {
    const [first] = await rules('a', ['power_w']);
    expect(first).toMatchObject({ key: 'power_w', alias: false, low: null, high: null, stuckAfterS: null });
    const both = await rules('a', ['power_w', 'temp_c', 'power_w']);
    expect(both.map(({ key }) => key).sort()).toEqual(['power_w', 'temp_c']);
    expect(both.find(({ key }) => key === 'power_w')!.id).toBe(first!.id);
  });

  it('takes no new names into a catalogue that is full, and still knows those that are there', async () => {
    await test.database.system((tx) =>
      tx.query(`insert into metrics (tenant_id, key) select 'full', 'm' || n from generate_series(1, $1::int) n`, [
        MOST_METRICS,
      ]),
    );
    expect((await rules('full', ['m1', 'one_more'])).map(({ key }) => key)).toEqual(['m1']);
    expect(await rules('a', ['one_more'])).toHaveLength(1);
  });

  it('gives a device so many places and no more, and still knows those that are there', async () => {
    const deviceKey = await test.database.system(async (tx) => {
      await tx.query(`insert into device_classes (tenant_id, name) values ('a', 'gateway')`);
      const [device] = await tx.query<{ key: number }>(
        `insert into devices (tenant_id, id, name, serial, model, class, state)
         values ('a', gen_random_uuid(), 'd', 'd', 'm', 'gateway', 'active') returning device_key as key`,
      );
      await tx.query(
        `insert into places (tenant_id, device_key, path) select 'a', $1, 'p' || n from generate_series(2, $2::int) n`,
        [device!.key, MOST_PLACES],
      );
      return device!.key;
    });
    const place = (path: string, asset: string | null = null) =>
      test.database.system((tx) => catalogueStore.placeId(tx, { tenant: 'a', deviceKey, path, asset }));
    const last = await place('p1');
    expect(last).not.toBeNull();
    expect(await place('one-more')).toBeNull();
    expect(await place('p1', 'm-7')).toBe(last);
    const [row] = await test.database.system((tx) =>
      tx.query('select asset, (select count(*)::int from places) as n from places where id = $1', [last]),
    );
    expect(row).toEqual({ asset: 'm-7', n: MOST_PLACES });
  });
});
