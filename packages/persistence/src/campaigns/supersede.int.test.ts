import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { campaignStore } from './campaign.store.js';
import { executionStore } from './execution.store.js';
import { freezeTargets } from './freeze-targets.js';

let test: TestDatabase;
let tenant: CampaignTenant;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
});

const release = (version: string) => ({
  name: 'fw',
  version,
  models: ['m1'],
  hardwareRevisions: [],
  minVersion: null,
  rollbackIndex: 0,
});
const wide = { waves: [{ size: { percent: 100 } }], concurrency: 3 };

/** Drafts a campaign over the whole fleet in the place of `old` and freezes it. */
async function replace(old: string, releaseId: string, version: string): Promise<string> {
  const id = uuidv7();
  await tenant.as(async (tx) => {
    const subject = { releaseId, configId: null, configNumber: null, command: null };
    const plan = { ...smallPlan, ...wide };
    const row = { id, parentId: null, kind: 'release', name: 'better', state: 'preparing', selector: {} } as const;
    await campaignStore.insert(tx, { ...row, ...subject, plan, createdBy: 'ada', supersedes: old }, tenant.now);
    const locked = (await campaignStore.lock(tx, id))!;
    const frozen = await freezeTargets(tx, locked, release(version), tenant.now);
    if (!frozen.ok) throw new Error(frozen.code);
  });
  return id;
}

describe('a campaign whose place was taken', () => {
  it('lets finish what runs, ends as superseded, and every device gets the newer release', async () => {
    const old = { id: await tenant.release('1.0.0'), version: '1.0.0' };
    const worse = await tenant.release('2.0.0');
    const better = await tenant.release('2.0.1');
    await tenant.fleet(6, [old]);
    const first = await tenant.launch(worse, wide);
    await tenant.tick(first);
    const [installing] = await tenant.inState(first, 'offered');
    const device = installing!.deviceId;
    await tenant.as(async (tx) => {
      const row = (await executionStore.lock(tx, installing!.id, device))!;
      await executionStore.move(tx, row, { state: 'installing', reasonCode: null, reasonDetail: null }, tenant.now);
    });

    const second = await replace(first, better, '2.0.1');
    expect(await tenant.campaign(first)).toMatchObject({
      state: 'stopping',
      reasonCode: 'superseded',
      supersededBy: second,
    });
    expect(await tenant.campaign(second)).toMatchObject({ targets: 6 });
    await tenant.tick(first);
    await tenant.tick(second);
    const offered = await tenant.inState(second, 'offered');
    expect(offered).toHaveLength(3);
    expect(offered.map((execution) => execution.deviceId)).not.toContain(device);

    await tenant.as(async (tx) => {
      await tx.query(`update devices set firmware_version = '2.0.0' where id = $1`, [device]);
      const row = (await executionStore.lock(tx, installing!.id, device))!;
      await executionStore.move(tx, row, { state: 'soaking', reasonCode: null, reasonDetail: null }, tenant.now);
    });
    await tenant.runThrough(second);
    await tenant.tick(first);
    expect(await tenant.campaign(first)).toMatchObject({ state: 'stopped', reasonCode: 'superseded' });
    await tenant.runThrough(second);
    expect(await tenant.campaign(second)).toMatchObject({ state: 'completed' });
    for (const id of [first, second])
      for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
    const versions = await tenant.as((tx) =>
      tx.query('select distinct firmware_version as version from devices where tenant_id = $1', [tenant.id]),
    );
    expect(versions).toEqual([{ version: '2.0.1' }]);
  });

  it('is left alone when it has ended by itself before', async () => {
    const old = { id: await tenant.release('1.0.0'), version: '1.0.0' };
    await tenant.fleet(2, [old]);
    const first = await tenant.launch(await tenant.release('2.0.0'), wide);
    await tenant.runThrough(first);
    expect(await tenant.campaign(first)).toMatchObject({ state: 'completed' });
    const second = await replace(first, await tenant.release('2.0.1'), '2.0.1');
    expect(await tenant.campaign(first)).toMatchObject({ state: 'completed', reasonCode: 'completed' });
    expect(await tenant.campaign(second)).toMatchObject({ targets: 2 });
  });
});
