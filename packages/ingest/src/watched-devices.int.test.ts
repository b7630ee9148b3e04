import { tailStore } from '@muster/persistence/telemetry/tail.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WatchedDevices } from './watched-devices.js';

let db: TestDatabase;
const clock = new FakeClock();
const told: string[] = [];

beforeAll(async () => {
  db = await testDatabase();
  await db.database.listen(tailStore.tailChannel, (payload) => void told.push(payload));
});
afterAll(() => db?.drop());

const key = (deviceKey: number, seqNo: number, kind = 2) => ({ deviceKey, producedAt: new Date(1_000), seqNo, kind });
const watch = (deviceKey: number) =>
  db.database.system((tx) =>
    tailStore.watch(tx, 'api', { deviceKey, until: clock.now().getTime() + 90_000 }, clock.now()),
  );

test('word goes out with the commit, of watched devices and of readings alone, until the watch ends', async () => {
  await watch(1);
  const watched = new WatchedDevices(db.database, clock, pino({ level: 'silent' }));
  await watched.onApplicationBootstrap();
  const tell = (...keys: ReturnType<typeof key>[]) => db.database.system((tx) => watched.tell(tx, keys));

  await tell(key(1, 1), key(2, 2), key(1, 3, 1));
  await assertEventually(() => expect(told).toEqual(['1,1000,1']));
  await watch(2);
  await assertEventually(async () => {
    await tell(key(2, 4));
    expect(told).toContain('2,1000,4');
  });
  told.length = 0;
  await expect(
    db.database.system(async (tx) => {
      await watched.tell(tx, [key(1, 5)]);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow();
  clock.advance(100_000);
  await tell(key(1, 6));
  await watch(1);
  await assertEventually(async () => {
    await tell(key(1, 7));
    expect(told).toContain('1,1000,7');
  });
  expect(told.join(' ')).not.toMatch(/,(5|6)\b/);
  await watched.onModuleDestroy();
});

test('more keys than one word carries are told in several', async () => {
  told.length = 0;
  await db.database.system((tx) =>
    tailStore.announce(
      tx,
      Array.from({ length: 450 }, (_, i) => key(9, i)),
    ),
  );
  await assertEventually(() => expect(told).toHaveLength(3));
  expect(told.flatMap((payload) => tailStore.parseAnnouncement(payload).keys)).toHaveLength(450);
});
