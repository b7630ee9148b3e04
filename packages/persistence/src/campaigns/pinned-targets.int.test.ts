import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deviceStore } from '../devices/device.store.js';
import { pinStore } from '../devices/pin.store.js';
import { executionStore } from './execution.store.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

it('a device that is pinned under way leaves the campaign it waits in, and an update that has begun goes on', async () => {
  const tenant = await new CampaignTenant(test.database).open();
  const old = { id: await tenant.release('1.0.0'), version: '1.0.0' };
  await tenant.fleet(6, [old]);
  const id = await tenant.launch(await tenant.release('2.0.0'), {
    waves: [{ size: { percent: 100 } }],
    concurrency: 2,
  });
  await tenant.tick(id);
  const offered = await tenant.inState(id, 'offered');
  const [one, ...others] = await tenant.inState(id, 'queued');

  const before = await tenant.campaign(id);
  await tenant.as((tx) => deviceStore.patch(tx, one!.deviceId, { pinned: true }, null, tenant.now));
  expect((await tenant.campaign(id)).version).toBe(before.version + 1);
  const ids = [offered[0]!, others[0]!].map((execution) => execution.deviceId);
  const pinned = await tenant.as((tx) => pinStore.pin(tx, { ids }, true, tenant.now));
  expect(pinned).toEqual({ matched: 2, changed: 2, removed: 1 });
  const removed = await tenant.as((tx) => executionStore.list(tx, id, { state: 'removed' }, null, 10));
  expect(removed.map((execution) => [execution.deviceId, execution.reasonCode]).sort()).toEqual(
    [one!.deviceId, others[0]!.deviceId].sort().map((device) => [device, 'pinned']),
  );
  expect(await tenant.inState(id, 'offered')).toHaveLength(2);
  expect(await tenant.campaign(id)).toMatchObject({ exclusions: 2 });

  await tenant.runThrough(id);
  expect(await tenant.campaign(id)).toMatchObject({ state: 'completed_with_stragglers' });
  for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
  const left = await tenant.as((tx) =>
    tx.query(`select count(*)::int as n from devices where tenant_id = $1 and firmware_version = '1.0.0'`, [tenant.id]),
  );
  expect(left).toEqual([{ n: 2 }]);
});
