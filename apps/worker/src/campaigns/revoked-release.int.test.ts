import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { releaseStore } from '@muster/persistence/releases/release.store';
import { createLogger } from '@muster/runtime/logging/logger';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ticker } from './ticker.js';

let test: TestDatabase;
let tenant: CampaignTenant;
let ticker: Ticker;
const clock = new FakeClock('2026-03-01T10:00:00.000Z');

beforeAll(async () => {
  test = await testDatabase();
  tenant = await new CampaignTenant(test.database).open();
  ticker = new Ticker(test.database, clock, createLogger({ process: 'worker', level: 'silent' }), new Registry());
});
afterAll(() => test?.drop());

const openOffers = (campaignId: string) =>
  tenant.as((tx) =>
    tx.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from executions where campaign_id = $1 group by state order by state',
      [campaignId],
    ),
  );

it('revoking a release halts every running campaign of it, with a letter each, and offers nothing more', async () => {
  const good = { id: await tenant.release('1.0.0'), version: '1.0.0' };
  const [bad, other] = [await tenant.release('2.0.0'), await tenant.release('3.0.0')];
  await tenant.fleet(6, [good]);
  const hit = await tenant.launch(bad, { autoRollback: false });
  await tenant.fleet(4, [good]);
  const spared = await tenant.launch(other, { autoRollback: false });
  await ticker.tickAll();
  const before = await openOffers(hit);
  expect(before.find(({ state }) => state === 'offered')?.n).toBe(2);

  await tenant.as(async (tx) => {
    await releaseStore.lock(tx, bad);
    await releaseStore.move(tx, bad, { state: 'revoked', by: { id: 'u', name: 'Uma' } }, clock.now());
  });
  clock.advance(1_000);
  await ticker.tickAll();

  const states = await tenant.as(async (tx) => [await campaignStore.get(tx, hit), await campaignStore.get(tx, spared)]);
  expect(states[0]).toMatchObject({ state: 'halted', reasonCode: 'release_revoked' });
  expect(states[1]).toMatchObject({ state: 'running' });
  const letters = await tenant.as((tx) =>
    tx.query<{ key: string }>(`select key from outbox where type = 'campaign.halted' order by id`),
  );
  expect(letters).toEqual([{ key: hit }]);

  clock.advance(60_000);
  await ticker.tickAll();
  expect((await openOffers(hit)).find(({ state }) => state === 'offered')?.n ?? 0).toBeLessThanOrEqual(2);
  expect((await openOffers(hit)).find(({ state }) => state === 'queued')?.n).toBe(
    before.find(({ state }) => state === 'queued')?.n,
  );
});
