import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestStore } from './ingest.store.js';
import { byKey, type MessageRow } from './message-row.js';
import { partitionStore } from './partition.store.js';

const DAY_MS = 86_400_000;
const now = new Date();
const days = (n: number) => new Date(now.getTime() + n * DAY_MS);

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

const message = (producedAt: Date, seqNo: number): MessageRow => ({
  deviceKey: 1,
  tenant: 'north',
  producedAt,
  seqNo,
  kind: 1,
  placeId: null,
  receivedAt: now,
  schemaVersion: 1,
  correctedAt: null,
  flags: 0,
  dtMs: [],
  metric: [],
  value: [],
  extra: null,
  quality: null,
});
const insert = (rows: MessageRow[]) => test.database.system((tx) => ingestStore.insert(tx, rows.sort(byKey)));
const partitionOf = async (seqNo: number) => {
  const [row] = await test.database.system((tx) =>
    tx.query<{ name: string }>('select tableoid::regclass::text as name from messages where seq_no = $1', [seqNo]),
  );
  return row?.name;
};

describe('partitions of messages', () => {
  it('have a home for every time there is', async () => {
    const times = [new Date(0), days(-100), days(-1), now, days(1), days(100), new Date('2200-01-01')];
    expect(await insert(times.map(message))).toEqual(new Map([[1, times.length]]));
    expect(await partitionOf(0)).toBe('messages_before');
    expect(await partitionOf(3)).toMatch(/^messages_\d{8}$/);
    expect(await partitionOf(6)).toBe('messages_after');
  });

  it('are not made while enough lie ahead', async () => {
    expect(await test.database.system((tx) => partitionStore.extend(tx, days(10)))).toBe(0);
  });

  it('are made ahead before they run out, and take over what waited beyond them', async () => {
    await insert([message(days(40), 40)]);
    expect(await partitionOf(40)).toBe('messages_after');
    expect(await test.database.system((tx) => partitionStore.extend(tx, days(20)))).toBeGreaterThan(0);
    expect(await partitionOf(40)).toMatch(/^messages_\d{8}$/);
    expect(await partitionOf(6)).toBe('messages_after');
  });

  it('are dropped when they are old, and a late message still finds a home', async () => {
    const before = await test.database.system((tx) => partitionStore.list(tx));
    const dropped = await test.database.system((tx) => partitionStore.prune(tx, days(-3)));
    const after = await test.database.system((tx) => partitionStore.list(tx));
    expect(dropped).toBeGreaterThan(0);
    expect(before.days.slice(dropped)).toEqual(after.days);
    expect(await partitionOf(1)).toBeUndefined();
    await insert([message(days(-5), 50)]);
    expect(await partitionOf(50)).toBe('messages_before');
  });

  it('give way to a reader instead of stopping everybody behind it', async () => {
    await test.database.system(async (reader) => {
      await reader.query('select from messages limit 1');
      const extend = test.database.system((tx) => partitionStore.extend(tx, days(60)));
      await expect(extend).rejects.toMatchObject({ code: '55P03' });
      expect(await insert([message(now, 60)])).toEqual(new Map([[1, 1]]));
    });
    expect(await test.database.system((tx) => partitionStore.extend(tx, days(60)))).toBeGreaterThan(0);
  });
});
