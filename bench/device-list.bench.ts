import type { Tx } from '@muster/persistence/database';
import { deviceListStore } from '@muster/persistence/devices/device-list.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyse, report, timed } from './report.js';

const DEVICES = 100_000;
const ROUNDS = 7;
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system((tx) => seed(tx));
  await analyse(db.ownerUrl);
});
afterAll(() => db.drop());

async function seed(tx: Tx): Promise<void> {
  await tx.query(`insert into tenants (id, name) values ('main', 'Main')`);
  await tx.query(`insert into device_classes (tenant_id, name) values ('main', 'gateway')`);
  await tx.query(`insert into sites (tenant_id, name) select 'main', 'site-' || n from generate_series(1, 40) n`);
  await tx.query(
    `insert into devices (tenant_id, id, name, serial, model, class, site, labels, state, firmware_version)
     select 'main', gen_random_uuid(), 'gw-' || md5(n::text), 'S' || n, 'model-' || n % 5, 'gateway', 'site-' || (1 + n % 40),
       jsonb_build_object('ring', n % 10), 'active', '1.' || n % 7 || '.0'
     from generate_series(1, ${DEVICES}) n`,
  );
  await tx.query(
    `insert into device_state (device_key, tenant_id, device_id, last_seen_at, presence)
     select device_key, tenant_id, id, now() - device_key * interval '1 s', case when device_key % 20 = 0 then 'offline' else 'online' end from devices`,
  );
}

/** The way it is often done: the whole row set counted and an offset skipped, joins and all, for every page. */
const naive = (tx: Tx) =>
  tx.query(
    `select d.*, s.*, count(*) over () as total,
       (select count(*) from drifts f where f.tenant_id = d.tenant_id and f.device_id = d.id) as drifts
     from devices d join device_state s on s.device_key = d.device_key
     where d.tenant_id = 'main' order by d.name offset 50000 limit 50`,
  );

it(`a page of the device list at ${DEVICES} devices`, async () => {
  const cells: [string, (tx: Tx) => Promise<unknown>][] = [
    ['offset page with window count (baseline)', naive],
    ['first page by name', (tx) => deviceListStore.list(tx, {}, 'name', null, 50)],
    [
      'page in the middle by name',
      (tx) => deviceListStore.list(tx, {}, 'name', ['gw-8', 'ffffffff-ffff-ffff-ffff-ffffffffffff'], 50),
    ],
    [
      'filtered by site and firmware',
      (tx) => deviceListStore.list(tx, { site: 'site-7', firmware: '1.3.0' }, 'name', null, 50),
    ],
    ['filtered by label', (tx) => deviceListStore.list(tx, { label: 'ring=3' }, 'name', null, 50)],
    ['offline, newest first', (tx) => deviceListStore.list(tx, { presence: 'offline' }, '-lastSeenAt', null, 50)],
    ['searched by a part of the name', (tx) => deviceListStore.list(tx, { q: 'gw-ab' }, 'name', null, 50)],
    ['how many match', (tx) => deviceListStore.count(tx, {})],
  ];
  const rounds = cells.map(() => [] as number[]);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, [, read]] of cells.entries()) {
      const took = await timed(() => db.database.tenant('main', read));
      if (round > 0) rounds[index]!.push(took); // the first round warms the caches for all alike
    }
  const rows = cells.map(([what], index) => ({ what, rounds: rounds[index]!, unit: 'ms' as const }));
  report(`One page of 50 at ${DEVICES} devices, as the application role under row-level security`, rows as never);
  expect(rows).toHaveLength(cells.length);
}, 300_000);
