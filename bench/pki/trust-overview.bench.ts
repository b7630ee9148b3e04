import type { Tx } from '@muster/persistence/database';
import { censusStore } from '@muster/persistence/trust/census.store';
import { findingsStore } from '@muster/persistence/trust/findings.store';
import { overviewStore } from '@muster/persistence/trust/overview.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { median, report, timed } from '../report.js';

const CERTIFICATES = process.env.MUSTER_QUICK ? 20_000 : 200_000;
const ROUNDS = 5;
const now = new Date();
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system((tx) => seed(tx));
  // As autovacuum would: without its map of pages everybody sees, an index alone answers nothing.
  const owner = new pg.Client(db.ownerUrl);
  await owner.connect();
  await owner.query('vacuum analyze');
  await owner.end();
}, 900_000);
afterAll(() => db.drop());

/** A fleet that enrolled over ninety days: every certificate of ninety days, a twentieth late, some expired or revoked. */
async function seed(tx: Tx): Promise<void> {
  await tx.query(`insert into tenants (id, name) values ('main', 'Main')`);
  await tx.query(`insert into device_classes (tenant_id, name) values ('main', 'gateway')`);
  await tx.query(
    `insert into devices (tenant_id, id, name, serial, model, class, state)
     select 'main', gen_random_uuid(), 'gw-' || n, 'S' || n, 'model-' || n % 5, 'gateway', 'active'
     from generate_series(1, ${CERTIFICATES}) n`,
  );
  await tx.query(
    `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, state, not_before, not_after, created_at, revoked_at)
     select 'main', gen_random_uuid(), id, md5(id::text), md5(id::text), md5(id::text),
       case when device_key % 500 = 0 then 'expired' when device_key % 100 = 1 then 'revoked' else 'active' end,
       at, at + interval '90 days', at, case when device_key % 100 = 1 then at end
     from devices cross join lateral (
       select $1::timestamptz - (case when device_key % 20 = 0 then 60 + device_key % 30 else device_key % 60 end) * interval '1 day' as at) w`,
    [now],
  );
}

it(`certificates in numbers at ${CERTIFICATES}`, async () => {
  const cells: [string, (tx: Tx) => Promise<unknown>][] = [
    ['every certificate counted (yardstick)', (tx) => tx.query('select count(*) from certificates')],
    ['census by week', (tx) => censusStore.take(tx, 'main', now, now)],
    ['devices', (tx) => overviewStore.devices(tx, 'main')],
    ['last revocations', (tx) => overviewStore.revocations(tx, 'main')],
    ['devices without a valid one', (tx) => findingsStore.countExpired(tx, 'main', now)],
    ['all findings', (tx) => findingsStore.read(tx, 'main', now)],
  ];
  const rounds = cells.map(() => [] as number[]);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, [, read]] of cells.entries()) {
      const took = await timed(() => db.database.tenant('main', read));
      if (round > 0) rounds[index]!.push(took); // the first round warms the caches for all alike
    }
  const rows = cells.map(([what], index) => ({ what, rounds: rounds[index]!, unit: 'ms' as const }));
  report(`Certificates in numbers at ${CERTIFICATES}, as the application role under row-level security`, rows as never);
  expect(median(rounds[1]!)).toBeLessThan(CERTIFICATES / 100);
}, 300_000);
