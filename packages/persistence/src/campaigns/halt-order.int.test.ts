import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Tx } from '../transaction.js';
import { executionStore } from './execution.store.js';
import { loadTick } from './tick.store.js';
import { applyTick } from './tick-apply.store.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

/** How many wait for what this connection has locked. */
const waitFor = async (tx: Tx, pid: number): Promise<number> => {
  const rows = await tx.query('select from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [pid]);
  return rows.length;
};

it('halts while a device reports, and neither waits for the other for ever', async () => {
  const tenant = await new CampaignTenant(test.database).open();
  const old = await tenant.release('1.0.0');
  const fresh = await tenant.release('2.0.0');
  await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
  const id = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }], concurrency: 4 });
  await tenant.tick(id);
  const [reporting, ...others] = await tenant.inState(id, 'offered');
  for (const { id: execution, deviceId } of others)
    await tenant.as(async (tx) => {
      const row = (await executionStore.lock(tx, execution, deviceId))!;
      const change = { state: 'failed', reasonCode: 'install_failed', reasonDetail: null } as const;
      await executionStore.move(tx, row, change, tenant.now);
    });
  const lease = (await tenant.lease(id))!;
  const loaded = (await tenant.as((tx) => loadTick(tx, id, tenant.now)))!;
  const decisions = decideTick(loaded.facts, tenant.now);
  expect(decisions.map(({ kind }) => kind)).toContain('halt');

  let halting: Promise<unknown> = Promise.resolve();
  await tenant.as(async (tx) => {
    const row = (await executionStore.lock(tx, reporting!.id, reporting!.deviceId))!;
    halting = tenant.as((other) => applyTick(other, loaded, decisions, lease, tenant.now));
    halting.catch(() => {});
    const [self] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await assertEventually(async () => expect(await tenant.as((other) => waitFor(other, self!.pid))).toBe(1));
    await executionStore.move(tx, row, { state: 'downloading', reasonCode: null, reasonDetail: null }, tenant.now);
  });
  expect(await halting).toBe('applied');
  expect(await tenant.campaign(id)).toMatchObject({ state: 'halted' });
  for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
});
