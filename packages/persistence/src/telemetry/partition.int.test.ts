import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestStore } from './ingest.store.js';
import { byKey, type MessageRow } from './message-row.js';
import { partitionStore } from './partition.store.js';
import { hourlyRollups, rawMessages } from './partitioned.js';

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

  it('leave the parent when they end, and a late message still finds a home', async () => {
    const [oldest] = await test.database.system((tx) => partitionStore.parts(tx, rawMessages));
    await insert([message(oldest!.start, 49)]);
    for (const step of partitionStore.prepareToEnd(rawMessages, oldest!)) await test.database.system(step);
    const ended = await test.database.system((tx) => partitionStore.endOldest(tx, rawMessages, oldest!));
    expect(ended).toBe(oldest!.name.replace('messages_', 'messages_ended_'));
    expect((await test.database.system((tx) => partitionStore.list(tx))).floor).toEqual(oldest!.end);
    expect(await partitionOf(49)).toBeUndefined();
    expect(await test.database.system((tx) => tx.query(`select seq_no as seq from ${ended}`))).toEqual([{ seq: 49 }]);
    await insert([message(oldest!.start, 50)]);
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

  it('of hours are months, and hours of any time have a home', async () => {
    const hours = ['1999-01-01T00:00:00Z', now.toISOString(), '2150-01-01T00:00:00Z'];
    const homes = await test.database.system(async (tx) => {
      for (const hour of hours)
        await tx.execute(
          `insert into telemetry_hourly (device_key, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
           values (1, 1, $1, 1, 1, 1, 1, 1, $1, 1, $1)`,
          [hour],
        );
      return tx.query<{ name: string }>(
        'select tableoid::regclass::text as name from telemetry_hourly order by bucket',
      );
    });
    const month = `telemetry_hourly_${now.toISOString().slice(0, 7).replace('-', '')}01`;
    expect(homes.map(({ name }) => name)).toEqual(['telemetry_hourly_before', month, 'telemetry_hourly_after']);
    expect(await test.database.system((tx) => partitionStore.extend(tx, days(100), hourlyRollups))).toBeGreaterThan(0);
  });
});
