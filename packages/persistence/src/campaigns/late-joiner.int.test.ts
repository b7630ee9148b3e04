import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lateJoinerStore } from './late-joiner.store.js';
import { waveStore } from './wave.store.js';

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

const join = (id: string) => tenant.as((tx) => lateJoinerStore.join(tx, id, tenant.now));
const waves = async (id: string) =>
  (await tenant.as((tx) => waveStore.list(tx, [id]))).map((wave) => [wave.size, wave.cumulative]);
const targets = (id: string) =>
  tenant.as((tx) =>
    tx.query<{ wave: number; position: number }>(
      'select wave, position from campaign_targets where campaign_id = $1 order by position',
      [id],
    ),
  );
const exclusions = (id: string) =>
  tenant.as((tx) =>
    tx.query<{ code: string }>(
      'select reason_code as code from campaign_exclusions where campaign_id = $1 order by 1',
      [id],
    ),
  );
const expectTrueCounts = async (id: string): Promise<void> => {
  for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
};

describe('late joiners', () => {
  it('join the last opened wave as far as its share goes, and the last one all of them', async () => {
    await tenant.fleet(10, [old]);
    const id = await tenant.launch(fresh, {
      lateJoiners: true,
      waves: [{ size: { percent: 20 } }, { size: { percent: 100 } }],
      concurrency: 50,
    });
    await tenant.tick(id);
    const before = await tenant.campaign(id);
    await tenant.fleet(9, [old]);
    expect(await join(id)).toEqual({ joined: 2, excluded: 0 });
    expect(await waves(id)).toEqual([
      [4, 4],
      [8, 12],
    ]);
    expect((await targets(id)).slice(-2)).toEqual([
      { wave: 1, position: 10 },
      { wave: 1, position: 11 },
    ]);
    expect(await join(id)).toEqual({ joined: 0, excluded: 0 });
    const after = await tenant.campaign(id);
    expect(after.targets).toBe(before.targets + 2);
    expect(after.version).toBeGreaterThan(before.version);
    await tenant.tick(id);
    expect(await tenant.inState(id, 'offered')).toHaveLength(4);
    await tenant.update(id, '2.0.0');
    await tenant.tick(id);
    expect(await join(id)).toEqual({ joined: 7, excluded: 0 });
    expect(await waves(id)).toEqual([
      [4, 4],
      [15, 19],
    ]);
    await tenant.runThrough(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed', targets: before.targets + 9 });
    await expectTrueCounts(id);
    await tenant.fleet(1, [old]);
    expect(await join(id)).toEqual({ joined: 0, excluded: 0 });
  });

  it('writes down who is left out and looks again when the device has become active', async () => {
    await tenant.fleet(4, [old]);
    const id = await tenant.launch(fresh, { lateJoiners: true, waves: [{ size: { percent: 100 } }] });
    await tenant.tick(id);
    const [waits, pinned] = await tenant.fleet(2, [old]);
    await tenant.as((tx) => tx.query(`update devices set state = 'pre_registered' where id = $1`, [waits]));
    await tenant.as((tx) => tx.query(`update devices set pinned = true where id = $1`, [pinned]));
    expect(await join(id)).toEqual({ joined: 0, excluded: 2 });
    expect((await exclusions(id)).map((it) => it.code)).toEqual(['not_active', 'pinned']);
    expect(await join(id)).toEqual({ joined: 0, excluded: 0 });
    await tenant.as((tx) =>
      tx.query(`update devices set state = 'active', pinned = false where tenant_id = $1`, [tenant.id]),
    );
    expect(await join(id)).toEqual({ joined: 1, excluded: 0 });
    expect((await exclusions(id)).map((it) => it.code)).toEqual(['pinned']);
    expect(await tenant.campaign(id)).toMatchObject({ exclusions: 1 });
  });

  it('joins nobody without being asked, before a wave is open, while paused or halted, or at a site the budget starves', async () => {
    await tenant.fleet(4, [old]);
    const silent = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }] });
    const asked = { lateJoiners: true, waves: [{ size: { percent: 100 } }] };
    await tenant.tick(silent);
    await tenant.fleet(2, [old]);
    expect(await join(silent)).toEqual({ joined: 0, excluded: 0 });
    await tenant.as((tx) => tx.query(`update campaigns set state = 'stopped' where id = $1`, [silent]));

    const id = await tenant.launch(fresh, { ...asked, siteBudget: { percent: 50 } });
    await tenant.fleet(2, [old]);
    expect(await join(id)).toEqual({ joined: 0, excluded: 0 });
    await tenant.tick(id);
    for (const state of ['halted', 'paused', 'pausing', 'stopping', 'rolling_back', 'completed']) {
      await tenant.as((tx) => tx.query('update campaigns set state = $2 where id = $1', [id, state]));
      expect(await join(id)).toEqual({ joined: 0, excluded: 0 });
    }
    const alone = await tenant.fleet(1, [old]);
    await tenant.as((tx) => tx.query(`insert into sites (tenant_id, name) values ($1, 'lonely')`, [tenant.id]));
    await tenant.as((tx) => tx.query(`update devices set site = 'lonely' where id = any($1::uuid[])`, [alone]));
    await tenant.as((tx) => tx.query(`update campaigns set state = 'running' where id = $1`, [id]));
    expect(await join(id)).toMatchObject({ joined: 2 });
  });

  it('never loses a device or a count while tickers, devices and two joiners work at once', async () => {
    await tenant.fleet(20, [old]);
    const id = await tenant.launch(fresh, {
      lateJoiners: true,
      concurrency: 7,
      waves: [{ size: { percent: 10 } }, { size: { percent: 100 } }],
      gate: { ...smallPlan.gate, minSample: 1 },
    });
    await tenant.tick(id);
    let made = 20;
    for (let round = 0; round < 12; round++) {
      if (round < 8) made += (await tenant.fleet(3, [old])).length;
      await Promise.all([join(id), join(id), tenant.tick(id), tenant.update(id, '2.0.0')]);
      expect(await tenant.inState(id, 'offered').then((rows) => rows.length)).toBeLessThanOrEqual(7);
      await expectTrueCounts(id);
    }
    await join(id);
    await tenant.runThrough(id);
    await join(id);
    const rows = await targets(id);
    expect(rows.map((row) => row.position)).toEqual(rows.map((_, i) => i));
    expect(await tenant.campaign(id)).toMatchObject({ targets: rows.length });
    expect(rows.length).toBeLessThanOrEqual(made);
    const [last] = (await waves(id)).slice(-1);
    expect(last![1]).toBe(rows.length);
    await expectTrueCounts(id);
  });
});
