import type { MaintenanceWindow } from '@muster/contracts/campaigns/plans.schema';
import type { Tx } from '@muster/persistence/database';
import { createLogger } from '@muster/runtime/logging/logger';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ticker } from '../../apps/worker/src/campaigns/ticker.js';
import { analyse, machine, median, printTable, timed } from '../report.js';
import { type SeededCampaign, seedWave } from './fleet-in-campaign.js';
import { seedFast } from './seed-fast.js';

const quick = Boolean(process.env.MUSTER_QUICK);
const FLEETS = [10_000, quick ? 100_000 : 1_000_000] as const;
const ROUNDS = quick ? 3 : 7;
/** How much more a tick may cost with the larger fleet, of which nearly everybody waits for a window. */
const LIMIT = 1.5;
/** Of these sites one is open; so many of its devices are left, and they are away. */
const SITES = 240;
const OPEN_DEVICES = 30;

let db: TestDatabase;
let ticker: Ticker;
const campaigns: SeededCampaign[] = [];
// Half past midnight in Auckland, and nowhere else.
const clock = new FakeClock('2026-03-01T11:30:00.000Z');

const midnight: MaintenanceWindow = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '00:00',
  minutes: 120,
  timezone: 'device',
};

/** Everybody is queued, at closed sites; those of the open one come last. */
async function seedPaced(tx: Tx, tenant: string, devices: number): Promise<SeededCampaign> {
  const seeded = await seedWave(tx, tenant, devices, clock.now());
  const { campaignId } = seeded;
  await tx.query(
    `insert into sites (tenant_id, name, timezone)
     select $1, 'site-' || n, case when n = 0 then 'Pacific/Auckland' when n % 2 = 0 then 'Europe/Berlin' else 'America/New_York' end
     from generate_series(0, $2::int) n`,
    [tenant, SITES - 1],
  );
  await tx.query(
    `update devices set site = case when serial::int > $2::int - $3::int then 'site-0' else 'site-' || (1 + serial::int % $4::int) end
     where tenant_id = $1`,
    [tenant, devices, OPEN_DEVICES, SITES - 1],
  );
  await tx.query(
    `update executions e set site = d.site from devices d where d.tenant_id = $1 and e.tenant_id = $1 and d.id = e.device_id`,
    [tenant],
  );
  await tx.query(
    `insert into campaign_sites (tenant_id, campaign_id, site, targets)
     select tenant_id, campaign_id, site, count(*) from executions where campaign_id = $1 group by 1, 2, 3`,
    [campaignId],
  );
  await tx.query(`update campaigns set state = 'running', current_wave = 1, plan = plan || $2::jsonb where id = $1`, [
    campaignId,
    JSON.stringify({ windows: [midnight], siteBudget: { devices: 50 }, concurrency: 500, stepTimeoutS: 86_400 }),
  ]);
  await tx.query(
    `update device_state s set connected = false from devices d
     where d.tenant_id = $1 and d.site = 'site-0' and s.device_id = d.id`,
    [tenant],
  );
  await tx.query(`update campaign_waves set state = 'open', opened_at = $2 where campaign_id = $1`, [
    campaignId,
    clock.now(),
  ]);
  return seeded;
}

beforeAll(async () => {
  db = await testDatabase();
  ticker = new Ticker(db.database, clock, createLogger({ process: 'bench', level: 'error' }), new Registry());
  for (const devices of FLEETS)
    campaigns.push(await seedFast(db.ownerUrl, (tx) => seedPaced(tx, `paced-${devices}`, devices)));
  await analyse(db.ownerUrl);
}, 1_800_000);
afterAll(() => db.drop());

const offered = async ({ tenant, campaignId }: SeededCampaign): Promise<number> => {
  const [row] = await db.database.tenant(tenant, (tx) =>
    tx.query<{ n: number }>(`select count(*)::int as n from executions where campaign_id = $1 and state = 'offered'`, [
      campaignId,
    ]),
  );
  return row!.n;
};

/** What it costs to ask of everybody in the queue whether their window is open. */
const walk = ({ tenant, campaignId }: SeededCampaign) =>
  db.database.tenant(tenant, (tx) =>
    tx.query(
      `select count(*) filter (where s.timezone = 'Pacific/Auckland') from executions e
       join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
       join sites s on s.tenant_id = d.tenant_id and s.name = d.site
       where e.campaign_id = $1 and e.state = 'queued'`,
      [campaignId],
    ),
  );

it(`a tick with one of ${SITES} sites open, at ${FLEETS.join(' and ')} devices`, async () => {
  const ticks = campaigns.map((): number[] => []);
  const walks = campaigns.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [i, campaign] of campaigns.entries()) {
      const ms = await timed(() => ticker.tick(campaign.tenant, campaign.campaignId));
      expect(await offered(campaign)).toBe(0);
      const walked = await timed(() => walk(campaign));
      if (round === 0) continue;
      ticks[i]!.push(ms);
      walks[i]!.push(walked);
    }
  for (const campaign of campaigns) {
    await db.database.system((tx) =>
      tx.query(`update device_state set connected = true where tenant_id = $1`, [campaign.tenant]),
    );
    await ticker.tick(campaign.tenant, campaign.campaignId);
    expect(await offered(campaign)).toBe(OPEN_DEVICES);
  }
  const ms = (rounds: number[]): string => `${median(rounds).toFixed(1)} ms`;
  const ratio = median(ticks[1]!) / median(ticks[0]!);
  printTable(
    `A tick with nearly everybody outside their window\n${machine()}`,
    ['', ...FLEETS.map(String)],
    [
      ['everybody asked (baseline)', ...walks.map(ms)],
      ['the tick', ...ticks.map(ms)],
      [`larger ÷ smaller (wanted below ${LIMIT}×)`, `${ratio.toFixed(2)}×`],
    ],
  );
}, 600_000);
