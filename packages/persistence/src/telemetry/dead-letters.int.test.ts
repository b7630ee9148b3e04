import { randomUUID } from 'node:crypto';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deadLetterStore, type NewDeadLetter } from './dead-letter.store.js';
import { deadLetterLimitsStore } from './dead-letter-limits.store.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test?.drop());
beforeEach(() =>
  test.database.system(async (tx) => {
    await tx.execute('delete from dead_letters');
    await tx.execute('delete from dead_letter_tallies');
  }),
);

const letter = (deviceId: string | null, body: string, more: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  topic: 'muster/v1/north/x/up/telemetry',
  payload: Buffer.from(body),
  receivedAt: new Date(),
  reason: 'payload_invalid',
  detail: 'bad',
  tenant: 'north',
  deviceId,
  ...more,
});
const limit = { letters: 5, bytes: 1_000 };
const insert = (letters: NewDeadLetter[], most = limit) =>
  test.database.system((tx) => deadLetterStore.insert(tx, letters, most));
const listed = (deviceId?: string) =>
  test.database.system((tx) => deadLetterStore.list(tx, { limit: 1_000, deviceId }));
const many = (deviceId: string | null, n: number, more: Partial<NewDeadLetter> = {}) =>
  Array.from({ length: n }, (_, i) => letter(deviceId, `body ${i}`, more));

describe('a device that sends poison all day', () => {
  it('keeps the first ones and the last one of each reason, with how many that stands for', async () => {
    const [poison, other] = [randomUUID(), randomUUID()];
    expect(await insert([...many(poison, 8), ...many(other, 2)])).toBe(3);
    expect(await insert([...many(poison, 3), letter(poison, 'unknown', { reason: 'schema_version_unknown' })])).toBe(4);
    const rows = await listed(poison);
    const kept = rows.filter(({ lastAt }) => lastAt === null).map(({ body }) => body.toString());
    expect(kept.sort()).toEqual(['body 0', 'body 1', 'body 2', 'body 3', 'body 4']);
    const summaries = rows
      .filter(({ lastAt }) => lastAt !== null)
      .map((row) => [row.reason, row.times, row.body.toString()]);
    expect(new Map(summaries.map((one) => [one[0], one]))).toEqual(
      new Map([
        ['payload_invalid', ['payload_invalid', 6, 'body 2']],
        ['schema_version_unknown', ['schema_version_unknown', 1, 'unknown']],
      ]),
    );
    expect(await listed(other)).toHaveLength(2);
    const counts = await test.database.system((tx) => deadLetterStore.counts(tx));
    expect(counts).toEqual([
      { reason: 'payload_invalid', count: 13 },
      { reason: 'schema_version_unknown', count: 1 },
    ]);
  });

  it('is taken at once as long as all of it may be kept, and else not at all', async () => {
    const [device, other] = [randomUUID(), randomUUID()];
    const all = (letters: NewDeadLetter[]) => deadLetterStore.insertAll(test.database.statements, letters, limit);
    expect(await all([...many(device, 3), ...many(null, 2), letter('no uuid', 'x')])).toBe(true);
    expect(await all([...many(device, 3), ...many(other, 1)])).toBe(false);
    expect([await listed(device), await listed(other)].map((rows) => rows.length)).toEqual([3, 0]);
    expect(await all([letter(device, 'x'.repeat(999))])).toBe(false);
    expect(await all([...many(device, 2), ...many(other, 5)])).toBe(true);
    expect(await insert(many(device, 1))).toBe(1);
  });

  it('is bounded in bytes too', async () => {
    const device = randomUUID();
    expect(await insert([letter(device, 'x'.repeat(600)), letter(device, 'y'.repeat(600)), letter(device, 'z')])).toBe(
      1,
    );
    const bodies = (await listed(device)).filter(({ lastAt }) => lastAt === null).map(({ body }) => body.length);
    expect(bodies.sort()).toEqual([1, 600]);
  });

  it('has room again when its letters are resolved, one by one or together', async () => {
    const device = randomUUID();
    await insert(many(device, 5));
    const how = { state: 'dropped', by: 'ann', at: new Date() } as const;
    const [newest] = await listed(device);
    await test.database.tenant('north', (tx) => deadLetterStore.resolve(tx, newest!.id, how));
    expect(await insert(many(device, 2))).toBe(1);
    const resolved = await test.database.tenant('north', (tx) =>
      deadLetterStore.resolveMany(tx, { deviceId: device }, how, 100),
    );
    expect(resolved).toHaveLength(6);
    expect(await insert(many(device, 5))).toBe(0);
  });

  it('can be dropped whole while it goes on, oldest first', async () => {
    const device = randomUUID();
    await insert(many(device, 5));
    const how = { state: 'replayed', by: 'ann', at: new Date() } as const;
    const ids = await test.database.tenant('north', (tx) =>
      deadLetterStore.resolveMany(tx, { reason: 'payload_invalid' }, how, 3),
    );
    const rows = await listed(device);
    expect(
      rows
        .filter(({ state }) => state === 'replayed')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids);
    expect(ids).toEqual(
      rows
        .map(({ id }) => id)
        .sort()
        .slice(0, 3),
    );
  });
});

describe('pruning', () => {
  it('keeps each tenant within its number and bytes, resolved ones going first', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const wide = { letters: 100, bytes: 1_000_000 };
    await insert([...many(a, 8), ...many(b, 3, { tenant: 'south' }), ...many(null, 2, { tenant: null })], wide);
    const newest = (await listed(a))[0]!;
    const how = { state: 'dropped', by: 'ann', at: new Date() } as const;
    await test.database.system((tx) => deadLetterStore.resolve(tx, newest.id, how));
    const prune = (letters: number, bytes = 1_000_000) =>
      test.database.system((tx) => deadLetterLimitsStore.prune(tx, new Date(0), { letters, bytes }));
    expect(await prune(7)).toBe(1);
    expect((await listed(a)).map(({ id }) => id)).not.toContain(newest.id);
    expect(await prune(4)).toBe(3);
    expect((await listed(a)).map(({ body }) => body.toString()).sort()).toEqual([
      'body 3',
      'body 4',
      'body 5',
      'body 6',
    ]);
    expect([(await listed(b)).length, (await listed()).length]).toEqual([3, 9]);
    expect(await prune(4, 13)).toBe(3);
    // The tally was counted anew: there is room for one more than is left.
    const left = (await listed(a)).length;
    expect(await insert(many(a, 5), { letters: left + 1, bytes: 1_000_000 })).toBe(4);
  });

  it('forgets what was resolved long ago', async () => {
    const device = randomUUID();
    await insert(many(device, 2));
    const [one] = await listed(device);
    const how = { state: 'dropped', by: 'ann', at: new Date(1_000) } as const;
    await test.database.system((tx) => deadLetterStore.resolve(tx, one!.id, how));
    const wide = { letters: 100, bytes: 1_000_000 };
    expect(await test.database.system((tx) => deadLetterLimitsStore.prune(tx, new Date(2_000), wide))).toBe(1);
    expect(await listed(device)).toHaveLength(1);
  });
});
