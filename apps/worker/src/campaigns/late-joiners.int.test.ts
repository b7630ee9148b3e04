import { createLogger } from '@muster/runtime/logging/logger';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LateJoiners } from './late-joiners.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

it('looks after every tenant, and a campaign it cannot look after does not stop the others', async () => {
  const joiners = new LateJoiners(
    test.database,
    new FakeClock('2026-03-01T10:00:00.000Z'),
    createLogger({ process: 'test', level: 'silent' }),
  );
  const campaigns: [CampaignTenant, string][] = [];
  for (let i = 0; i < 3; i++) {
    const tenant = await new CampaignTenant(test.database).open();
    const old = { id: await tenant.release('1.0.0'), version: '1.0.0' };
    await tenant.fleet(2, [old]);
    const id = await tenant.launch(await tenant.release('2.0.0'), {
      lateJoiners: true,
      waves: [{ size: { percent: 100 } }],
    });
    await tenant.tick(id);
    await tenant.fleet(1, [old]);
    campaigns.push([tenant, id]);
  }
  const [[broken, brokenId], ...sound] = campaigns as [(typeof campaigns)[number], ...typeof campaigns];
  await broken.as((tx) => tx.query(`update campaigns set selector = '{"ids": ["nobody"]}' where id = $1`, [brokenId]));
  await joiners.joinAll();
  for (const [tenant, id] of sound) expect(await tenant.campaign(id)).toMatchObject({ targets: 3 });
  expect(await broken.campaign(brokenId)).toMatchObject({ targets: 2, state: 'running' });
});
