import { lateJoinerStore } from '@muster/persistence/campaigns/late-joiner.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyse, machine, median, printTable, timed } from '../report.js';
import { CAP, type SeededCampaign, seedCampaign } from './fleet-in-campaign.js';
import { seedFast } from './seed-fast.js';

const quick = Boolean(process.env.MUSTER_QUICK);
const FLEETS = [10_000, quick ? 50_000 : 200_000] as const;
const ROUNDS = quick ? 3 : 5;
const LATE = 500;

let db: TestDatabase;
let campaigns: SeededCampaign[];
const clock = new FakeClock('2026-03-01T10:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  campaigns = [];
  for (const devices of FLEETS)
    campaigns.push(
      await seedFast(db.ownerUrl, async (tx) => {
        const standing = { busy: CAP, away: 0.05, rest: 'queued' } as const;
        const seeded = await seedCampaign(tx, `late-${devices}`, devices, standing, clock.now());
        await tx.query(
          `update campaigns set plan = plan || '{"lateJoiners": true, "waves": [{"size": {"percent": 100}}]}' where id = $1`,
          [seeded.campaignId],
        );
        return seeded;
      }),
    );
  await analyse(db.ownerUrl);
}, 600_000);
afterAll(() => db.drop());

const look = ({ tenant, campaignId }: SeededCampaign) =>
  db.database.tenant(tenant, (tx) => lateJoinerStore.join(tx, campaignId, clock.now()));

const commission = (tenant: string, n: number) =>
  db.database.tenant(tenant, async (tx) => {
    await tx.query(
      `with made as (insert into devices (tenant_id, id, name, serial, model, class, state, firmware_version)
         select $1, gen_random_uuid(), 'late', gen_random_uuid()::text, 'm1', 'gateway', 'active', '1.0.0'
         from generate_series(1, $2::int) returning tenant_id, id, device_key)
       insert into device_state (device_key, tenant_id, device_id) select device_key, tenant_id, id from made`,
      [tenant, n],
    );
  });

it('finds nobody, and lets late devices join', { timeout: 600_000 }, async () => {
  const rows: string[][] = [];
  for (const campaign of campaigns) {
    const [idle, busy]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      idle.push(
        await timed(async () => {
          expect(await look(campaign)).toEqual({ joined: 0, excluded: 0 });
        }),
      );
      await commission(campaign.tenant, LATE);
      busy.push(
        await timed(async () => {
          expect(await look(campaign)).toEqual({ joined: LATE, excluded: 0 });
        }),
      );
    }
    rows.push([
      `${campaign.devices} targets`,
      `${median(idle).toFixed(0)} ms for nobody`,
      `${median(busy).toFixed(0)} ms for ${LATE} devices`,
    ]);
  }
  printTable(`Looking for late devices\n${machine()}`, null, rows);
});
