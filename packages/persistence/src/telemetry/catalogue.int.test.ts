import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogueStore, MOST_METRICS } from './catalogue.store.js';

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
});
