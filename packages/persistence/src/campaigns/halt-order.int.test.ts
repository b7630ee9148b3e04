import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Tx } from '../transaction.js';
import { campaignStore } from './campaign.store.js';
import { executionStore, type ReportedRow } from './execution.store.js';
import { recallAndReturn } from './rollback.store.js';
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

/** Four devices that were offered 2.0.0 in the only wave. */
async function underWay() {
  const tenant = await new CampaignTenant(test.database).open();
  const old = await tenant.release('1.0.0');
  const fresh = await tenant.release('2.0.0');
  await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
  const id = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }], concurrency: 4 });
  await tenant.tick(id);
  const [reporting, ...others] = await tenant.inState(id, 'offered');
  return { tenant, id, reporting: reporting!, others };
}

const report = (tenant: CampaignTenant, tx: Tx, row: ReportedRow, state: ExecutionState) =>
  executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);

/** Lets a device report while `work` waits for its execution; both are to come through. */
async function collide<T>(
  tenant: CampaignTenant,
  { id, deviceId }: Pick<ReportedRow, 'id' | 'deviceId'>,
  state: ExecutionState,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  let working: Promise<T> | undefined;
  await tenant.as(async (tx) => {
    const row = (await executionStore.lock(tx, id, deviceId))!;
    const [self] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    working = tenant.as(work);
    working.catch(() => {});
    await assertEventually(async () => expect(await tenant.as((other) => waitFor(other, self!.pid))).toBe(1));
    await report(tenant, tx, row, state);
  });
  return working!;
}

it('halts while a device reports, and neither waits for the other for ever', async () => {
  const { tenant, id, reporting, others } = await underWay();
  for (const other of others)
    await tenant.as(async (tx) =>
      report(tenant, tx, (await executionStore.lock(tx, other.id, other.deviceId))!, 'failed'),
    );
  const lease = (await tenant.lease(id))!;
  const loaded = (await tenant.as((tx) => loadTick(tx, id, tenant.now)))!;
  const decisions = decideTick(loaded.facts, tenant.now);
  expect(decisions.map(({ kind }) => kind)).toContain('halt');

  const outcome = await collide(tenant, reporting, 'downloading', (tx) =>
    applyTick(tx, loaded, decisions, lease, tenant.now),
  );
  expect(outcome).toBe('applied');
  expect(await tenant.campaign(id)).toMatchObject({ state: 'halted' });
  for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
});

it('is rolled back by somebody while a device in its soak reports', async () => {
  const { tenant, id, reporting } = await underWay();
  const { deviceId } = reporting;
  await tenant.as(async (tx) =>
    report(tenant, tx, (await executionStore.lock(tx, reporting.id, deviceId))!, 'soaking'),
  );
  const campaign = await tenant.campaign(id);
  await collide(tenant, reporting, 'failed', async (tx) => {
    await campaignStore.lock(tx, id);
    return recallAndReturn(tx, campaign, tenant.now);
  });
  for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
});
