import { qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evidenceStore } from './evidence.store.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

it('means leave out readings that may not be used', async () => {
  const from = new Date('2026-11-20T10:00:00.000Z');
  const to = new Date('2026-11-20T11:00:00.000Z');
  const { outOfRange, missing, stuck } = qualityFlags;
  const means = await db.database.system(async (tx) => {
    await tx.query(
      `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, dt_ms, metric, value, quality) values
         (1, $1, 1, 2, $1, 1, '{0,0,0}', '{1,1,2}', '{10,9999,5}', $2), (1, $1, 2, 2, $1, 1, '{0,0}', '{1,2}', '{20,NaN}', $3),
         (2, $1, 1, 2, $1, 1, '{0}', '{1}', '{9999}', $4)`,
      [from, [0, outOfRange, stuck], [0, missing], [outOfRange]],
    );
    const span = { from, to, servesFrom: from, intervalS: 30 };
    return evidenceStore.means(
      tx,
      [1, 2].map((deviceKey) => ({ ...span, deviceKey })),
      [1, 2],
    );
  });
  expect(means).toEqual([{ 1: 15, 2: 5 }, {}]);
});
