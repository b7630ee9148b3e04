import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toCampaign } from '../../apps/api/src/campaigns/campaign.resource.js';
import { viewOf } from '../../apps/api/src/campaigns/read-campaign.js';
import { analyse, machine, median, printTable, timed } from '../report.js';
import { CAP, type SeededCampaign, seedCampaign } from './fleet-in-campaign.js';

const FLEETS = [10_000, 100_000] as const;
const ROUNDS = process.env.MUSTER_QUICK ? 10 : 40;
const LIMIT = 1.5;

let db: TestDatabase;
const campaigns: SeededCampaign[] = [];
const clock = new FakeClock('2026-03-01T10:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  for (const devices of FLEETS)
    campaigns.push(
      await db.database.system(async (tx) => {
        const standing = { busy: CAP, away: 0.05, rest: 'queued' } as const;
        return seedCampaign(tx, `page-${devices}`, devices, standing, clock.now());
      }),
    );
  // What a campaign that is under way has to say for itself, the same for both.
  for (const { tenant, campaignId } of campaigns)
    await db.database.tenant(tenant, async (tx) => {
      for (let n = 0; n < 50; n++) {
        const inputs = { size: 100 };
        const record = { kind: 'wave_opened', wave: 1 + (n % 3), verdict: null, code: 'wave_opened' } as const;
        await decisionStore.append(tx, campaignId, { ...record, inputs, limits: {} }, clock.now());
      }
    });
  await analyse(db.ownerUrl);
});
afterAll(() => db.drop());

const read = ({ tenant, campaignId }: SeededCampaign) =>
  timed(async () => {
    const page = await db.database.tenant(tenant, async (tx) => toCampaign(await viewOf(tx, campaignId)));
    expect(page.waves).toHaveLength(3);
  });

/** The same numbers by looking at everybody. */
const count = ({ tenant, campaignId }: SeededCampaign) =>
  timed(() =>
    db.database.tenant(tenant, (tx) =>
      tx.query('select wave, state, count(*) from executions where campaign_id = $1 group by wave, state', [
        campaignId,
      ]),
    ),
  );

it(`the campaign page costs the same at ${FLEETS.join(' and ')} targets`, async () => {
  const rows = [
    ['states counted for the page (baseline)', count],
    ['the campaign page', read],
  ] as const;
  const taken = rows.map(() => FLEETS.map((): number[] => []));
  for (let round = 0; round <= ROUNDS; round++)
    for (const [r, [, measure]] of rows.entries())
      for (const [f, campaign] of campaigns.entries()) {
        const ms = await measure(campaign);
        if (round > 0) taken[r]![f]!.push(ms);
      }
  const lines = rows.map(([what], r) => {
    const [small, large] = taken[r]!.map(median) as [number, number];
    return [what, `${small.toFixed(2)} ms`, `${large.toFixed(2)} ms`, `${(large / small).toFixed(2)}×`];
  });
  printTable(
    `Campaign page as GET /campaigns/{id} reads it, median of ${ROUNDS} interleaved rounds; wanted below ${LIMIT}×\n${machine()}`,
    ['', ...FLEETS.map((n) => `${n} targets`), 'larger ÷ smaller'],
    lines,
  );
});
