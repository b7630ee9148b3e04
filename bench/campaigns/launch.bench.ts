import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { freezeTargets, sortDevices } from '@muster/persistence/campaigns/freeze-targets';
import { releaseStore } from '@muster/persistence/releases/release.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { analyse, report, timed } from '../report.js';
import { seedCampaign } from './fleet-in-campaign.js';

const DEVICES = process.env.MUSTER_QUICK ? 20_000 : 100_000;
const ROUNDS = 3;

let db: TestDatabase;
const clock = new FakeClock('2026-03-01T10:00:00.000Z');
const tenant = 'launch';

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system(async (tx) => {
    const seeded = await seedCampaign(tx, tenant, DEVICES, { busy: 0, away: 0.05, rest: 'succeeded' }, clock.now());
    await tx.query(`update campaigns set state = 'completed' where id = $1`, [seeded.campaignId]);
    await tx.query(`update devices set firmware_version = '1.0.0' where tenant_id = $1`, [tenant]);
  });
  await analyse(db.ownerUrl);
});
afterAll(() => db.drop());

const undone = Symbol('undone');
/** Measured and taken back, so that every round begins with the same tables. */
async function measured(work: (tx: Parameters<Parameters<typeof db.database.tenant>[1]>[0]) => Promise<unknown>) {
  let ms = 0;
  await db.database
    .tenant(tenant, async (tx) => {
      ms = await timed(() => work(tx));
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  return ms;
}

it('freezes a fleet at launch', async () => {
  const frozen: number[] = [];
  const bare: number[] = [];
  const judged: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(
      await measured((tx) =>
        tx.query(
          `with made as (insert into campaigns (tenant_id, id, kind, name, plan, created_by, state)
             select tenant_id, gen_random_uuid(), kind, 'bare', plan, created_by, 'preparing' from campaigns limit 1 returning *),
           targets as (insert into campaign_targets (tenant_id, campaign_id, device_id, wave, position)
             select d.tenant_id, m.id, d.id, 1, d.device_key from devices d, made m returning device_id)
           insert into executions (tenant_id, campaign_id, id, device_id, wave, position)
             select d.tenant_id, m.id, gen_random_uuid(), d.id, 1, d.device_key from devices d, made m`,
        ),
      ),
    );
    judged.push(
      await measured(async (tx) => {
        const release = (await releaseStore.list(tx, {}, null, 2)).find(({ version }) => version === '2.0.0');
        const [old] = await campaignStore.list(tx, {}, null, 1);
        const { eligible } = await sortDevices(tx, { selector: {}, plan: old!.plan }, release!, clock.now());
        expect(eligible).toHaveLength(DEVICES);
      }),
    );
    frozen.push(
      await measured(async (tx) => {
        const release = (await releaseStore.list(tx, {}, null, 2)).find(({ version }) => version === '2.0.0');
        const id = uuidv7();
        const [old] = await campaignStore.list(tx, {}, null, 1);
        const plan = { ...old!.plan, approval: false };
        const row = { ...old!, id, name: 'launch', state: 'preparing' as const, plan, releaseId: release!.id };
        await campaignStore.insert(tx, { ...row, selector: {} }, clock.now());
        const answer = await freezeTargets(tx, (await campaignStore.get(tx, id))!, release!, clock.now());
        if (!answer.ok) throw new Error(answer.detail);
        expect(answer.value.targets).toBe(DEVICES);
      }),
    );
  }
  report(`launch: targets of ${DEVICES} devices are judged, ordered, cut into waves and frozen`, [
    { what: 'the bare rows, one statement', rounds: bare, unit: 'ms' },
    { what: 'judged only, as in a preview', rounds: judged, unit: 'ms' },
    { what: 'freezeTargets', rounds: frozen, unit: 'ms' },
  ]);
}, 300_000);
