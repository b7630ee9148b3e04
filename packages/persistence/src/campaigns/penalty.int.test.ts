import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deviceEventStore } from '../devices/device-event.store.js';
import { targetStore } from './target.store.js';

let test: TestDatabase;
let tenant: CampaignTenant;
let old: { id: string; version: string };
let fresh: string;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
  old = { id: await tenant.release('1.0.0'), version: '1.0.0' };
  fresh = await tenant.release('2.0.0');
});

const all = { waves: [{ size: { percent: 100 } }], autoRollback: false };
const blockedUntil = async (id: string) =>
  (await tenant.as((tx) => targetStore.match(tx, { ids: [id] })))[0]!.blockedUntil;

/** One campaign in which `id` fails, ended so that the next may have the device. */
async function fail(id: string): Promise<string> {
  const campaign = await tenant.launch(fresh, all);
  await tenant.tick(campaign);
  await tenant.update(campaign, '2.0.0', (device) => device === id);
  await tenant.as((tx) => tx.query(`update campaigns set state = 'stopped' where id = $1`, [campaign]));
  return campaign;
}

describe('a device that fails again and again', () => {
  it('is left alone for a day from the third failure within a day, over all campaigns, and says so', async () => {
    const [id] = await tenant.fleet(1, [old]);
    await fail(id!);
    await fail(id!);
    expect(await blockedUntil(id!)).toBeNull();
    const began = tenant.now;
    await fail(id!);
    const until = new Date(began.getTime() + 86_400_000);
    expect(await blockedUntil(id!)).toEqual(until);
    const events = await tenant.as((tx) => deviceEventStore.list(tx, id!, null, 5));
    expect(events.map((event) => event.summary)).toContain(
      `No update is offered before ${until.toISOString()}: 3 failed within a day`,
    );
    const next = await tenant.launch(fresh, all);
    await tenant.tick(next);
    expect(await tenant.inState(next, 'offered')).toHaveLength(0);
    tenant.later(86_400);
    await tenant.tick(next);
    expect(await tenant.inState(next, 'offered')).toHaveLength(1);
    await tenant.update(next, '2.0.0', () => true);
    expect(await blockedUntil(id!)).toEqual(until);
  });

  it('is also left alone when it timed out', async () => {
    const [id] = await tenant.fleet(1, [old]);
    for (let i = 0; i < 3; i++) {
      const campaign = await tenant.launch(fresh, { ...all, stepTimeoutS: 30, deadlineS: 60 });
      await tenant.tick(campaign);
      await tenant.as((tx) =>
        tx.query(`update executions set state = 'installing' where campaign_id = $1`, [campaign]),
      );
      await tenant.as((tx) =>
        tx.query(`update campaign_waves set counters = '{"installing": 1}' where campaign_id = $1`, [campaign]),
      );
      tenant.later(61);
      await tenant.as((tx) => tx.query('update device_state set last_seen_at = $1', [tenant.now]));
      await tenant.tick(campaign);
      await tenant.as((tx) => tx.query(`update campaigns set state = 'stopped' where id = $1`, [campaign]));
    }
    expect(await blockedUntil(id!)).toEqual(new Date(tenant.now.getTime() + 86_400_000));
  });
});
