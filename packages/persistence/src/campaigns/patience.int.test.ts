import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ExecutionRow, executionStore } from './execution.store.js';

const DAY_S = 86_400;

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

it('a device that puts its update off is timed out after a week of it, so that no campaign is open for ever', async () => {
  const tenant = await new CampaignTenant(test.database).open();
  const old = await tenant.release('1.0.0');
  await tenant.fleet(1, [{ id: old, version: '1.0.0' }]);
  const id = await tenant.launch(await tenant.release('2.0.0'), { waves: [{ size: { percent: 100 } }] });
  const execution = async (): Promise<ExecutionRow> =>
    (await tenant.as((tx) => executionStore.list(tx, id, {}, null, 1)))[0]!;
  await tenant.tick(id);
  await tenant.as(async (tx) => {
    const { id: executionId, deviceId } = await execution();
    const locked = (await executionStore.lock(tx, executionId, deviceId))!;
    const notBefore = new Date(tenant.now.getTime() + 8 * DAY_S * 1000);
    const change = { state: 'deferred', reasonCode: 'battery_low', reasonDetail: null, notBefore } as const;
    await executionStore.move(tx, locked, change, tenant.now);
  });
  tenant.later(6 * DAY_S);
  await tenant.tick(id);
  expect(await execution()).toMatchObject({ state: 'deferred' });
  tenant.later(DAY_S);
  await tenant.tick(id);
  expect(await execution()).toMatchObject({ state: 'timed_out', reasonCode: 'deferred_too_long', provisional: true });
  expect(await tenant.campaign(id)).toMatchObject({ state: 'failed' });
});
