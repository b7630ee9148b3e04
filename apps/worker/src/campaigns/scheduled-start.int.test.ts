import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { draftStore } from '@muster/persistence/campaigns/draft.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let test: TestDatabase;
let worker: TestWorker;

beforeAll(async () => {
  test = await testDatabase();
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

async function scheduled(killed: boolean): Promise<() => Promise<{ state: string; targets: number }>> {
  const tenant = await new CampaignTenant(test.database).open();
  tenant.now = new Date();
  const old = await tenant.release('1.0.0');
  const releaseId = await tenant.release('2.0.0');
  await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
  const id = uuidv7();
  const none = { parentId: null, configId: null, configNumber: null, command: null };
  await tenant.as(async (tx) => {
    if (killed) await brakeStore.set(tx, { since: tenant.now, by: 'anna', reason: 'smoke' });
    const campaign = { id, kind: 'release', name: 'night', state: 'scheduled', releaseId, selector: {} } as const;
    await campaignStore.insert(tx, { ...campaign, ...none, plan: smallPlan, createdBy: 'test' }, tenant.now);
    await draftStore.schedule(tx, id, new Date(tenant.now.getTime() + 1_000));
  });
  return () => tenant.campaign(id);
}

it('starts what was scheduled at its time, and nothing where the kill switch is engaged', async () => {
  const [free, killed] = await Promise.all([scheduled(false), scheduled(true)]);
  await assertEventually(async () => expect(await free()).toMatchObject({ state: 'running', targets: 4 }), {
    within: 20_000,
  });
  expect(await killed()).toMatchObject({ state: 'scheduled', targets: 0 });
});
