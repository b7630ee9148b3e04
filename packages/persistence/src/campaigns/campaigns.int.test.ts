import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { campaignStore } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { executionStore } from './execution.store.js';
import { targetStore } from './target.store.js';
import { loadTick } from './tick.store.js';
import { applyTick } from './tick-apply.store.js';
import { waveStore } from './wave.store.js';

let test: TestDatabase;
let tenant: CampaignTenant;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
});

const expectTrueCounts = async (id: string): Promise<void> => {
  for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
};

describe('a campaign on Postgres', () => {
  it('runs a good release through its waves, within the cap, and writes down each device’s new known good', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    await tenant.fleet(10, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh);
    await tenant.tick(id);
    expect(await tenant.inState(id, 'offered')).toHaveLength(2);
    await tenant.runThrough(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed', currentWave: 2 });
    await expectTrueCounts(id);
    const history = await tenant.as((tx) =>
      tx.query(
        `select n, version, count(*)::int as devices from device_releases where tenant_id = $1 group by 1, 2 order by 1`,
        [tenant.id],
      ),
    );
    expect(history).toEqual([
      { n: 1, version: '1.0.0', devices: 10 },
      { n: 2, version: '2.0.0', devices: 10 },
    ]);
  });

  it('halts a bad release in its first wave and returns each updated device to its own previous release', async () => {
    const a = await tenant.release('1.0.0');
    const b = await tenant.release('1.1.0');
    const fresh = await tenant.release('2.0.0');
    const devices = await tenant.fleet(12, [
      { id: a, version: '1.0.0' },
      { id: b, version: '1.1.0' },
    ]);
    const id = await tenant.launch(fresh, { waves: [{ size: { devices: 6 } }, { size: { percent: 100 } }] });
    let seen = 0;
    await tenant.runThrough(id, () => ++seen % 3 === 0);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'rolling_back', reasonCode: 'failure_rate' });

    const childId = (await tenant.campaign(id)).childId!;
    await tenant.runThrough(childId);
    await tenant.tick(id);
    expect(await tenant.campaign(childId)).toMatchObject({ state: 'completed' });
    const parent = await tenant.campaign(id);
    expect(parent).toMatchObject({ state: 'failed', reasonCode: 'rolled_back' });
    await expectTrueCounts(id);
    await expectTrueCounts(childId);

    const versions = await tenant.as((tx) =>
      tx.query<{ id: string; version: string }>(
        `select id, firmware_version as version from devices where tenant_id = $1`,
        [tenant.id],
      ),
    );
    const now = new Map(versions.map((row) => [row.id, row.version]));
    for (const [i, device] of devices.entries()) expect(now.get(device)).toBe(i % 2 === 0 ? '1.0.0' : '1.1.0');

    const decisive = await tenant.as((tx) => decisionStore.decisive(tx, [id]));
    expect(decisive.map((record) => record.kind)).toEqual(['gate', 'rollback_finished']);
    for (const record of decisive) expect(explainDecision(record)).toBe(record.sentence);
    expect(decisive[0]!.sentence).toMatch(/^Wave 1 halted: \d+ of \d+ (resolved )?devices failed/);
    const untouched = await tenant.as((tx) =>
      tx.query(`select from executions where campaign_id = $1 and wave = 2 and offered_at is not null`, [id]),
    );
    expect(untouched).toEqual([]);
  });

  it('names why a device cannot be returned', async () => {
    const old = await tenant.release('1.0.0', 0);
    const fresh = await tenant.release('2.0.0', 5);
    await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }], concurrency: 2 });
    let seen = 0;
    await tenant.runThrough(id, () => ++seen % 2 === 0);
    const childId = (await tenant.campaign(id)).childId!;
    const blocked = await tenant.as((tx) => executionStore.list(tx, childId, { state: 'rollback_blocked' }, null, 10));
    expect(blocked.map((e) => e.reasonCode)).toEqual(['rollback_index_too_low']);
    await tenant.tick(childId);
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({
      state: 'failed',
      reasonDetail: 'Returned 0 of 1 device to their own previous release, 1 blocked.',
    });
  });

  it('lets one of two tickers work and refuses the other, and a ticker that slept through its lease cannot write', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh);
    const [first, second] = await Promise.all([tenant.lease(id, 'one'), tenant.lease(id, 'two')]);
    expect([first, second].filter((held) => held === null)).toHaveLength(1);
    const sleeper = (first ?? second)!;
    const loaded = (await tenant.as((tx) => loadTick(tx, id, tenant.now)))!;
    const decisions = decideTick(loaded.facts, tenant.now);
    tenant.later(60);
    await tenant.tick(id);
    expect(await tenant.as((tx) => applyTick(tx, loaded, decisions, sleeper, tenant.now))).toBe('fenced');
    await expectTrueCounts(id);
  });

  it('decides again when an operator was quicker, and then offers nothing', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh);
    const held = (await tenant.lease(id))!;
    const step = async () => {
      const loaded = (await tenant.as((tx) => loadTick(tx, id, tenant.now)))!;
      return { loaded, decisions: decideTick(loaded.facts, tenant.now) };
    };
    for (let i = 0; i < 10; i++) {
      const { loaded, decisions } = await step();
      if (decisions.some((d) => d.kind === 'offer')) break;
      await tenant.as((tx) => applyTick(tx, loaded, decisions, held, tenant.now));
    }
    const { loaded, decisions } = await step();
    expect(decisions.map((d) => d.kind)).toEqual(['offer']);
    await tenant.as(async (tx) => {
      await campaignStore.lock(tx, id);
      await campaignStore.move(tx, id, { to: 'pausing', code: null, detail: null }, tenant.now);
    });
    expect(await tenant.as((tx) => applyTick(tx, loaded, decisions, held, tenant.now))).toBe('stale');
    expect(await tenant.inState(id, 'offered')).toEqual([]);
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'paused' });
  });

  it('leaves nothing behind when it dies between two writes of one step', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh);
    const held = (await tenant.lease(id))!;
    const before = await tenant.recount(id);
    const died = tenant.as(async (tx) => {
      const loaded = (await loadTick(tx, id, tenant.now))!;
      await applyTick(tx, loaded, decideTick(loaded.facts, tenant.now), held, tenant.now);
      throw new Error('killed');
    });
    await expect(died).rejects.toThrow('killed');
    expect(await tenant.recount(id)).toEqual(before);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'preparing' });
    expect(await tenant.as((tx) => decisionStore.list(tx, id, null, 10))).toEqual([]);
  });

  it('never offers to a device that is busy with another campaign', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    const other = await tenant.release('3.0.0');
    await tenant.fleet(2, [{ id: old, version: '1.0.0' }]);
    const first = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }] });
    await tenant.tick(first);
    expect(await tenant.as((tx) => targetStore.match(tx, {})).then((rows) => rows.map((d) => d.busyWith))).toEqual([
      'campaign',
      'campaign',
    ]);
    // A campaign that names them all the same waits in its queue; the index is the last word.
    const second = uuidv7();
    await tenant.as(async (tx) => {
      await tx.query(
        `insert into campaigns (tenant_id, id, kind, name, state, release_id, plan, created_by)
        select tenant_id, $2, kind, 'second', 'preparing', $3, plan, 'test' from campaigns where id = $1`,
        [first, second, other],
      );
      await waveStore.insertAll(tx, second, [{ n: 1, cumulative: 2, size: 2, counts: { queued: 2 } }], tenant.now);
      const rows = await targetStore.match(tx, {});
      await targetStore.freeze(
        tx,
        second,
        rows.map(({ deviceId }, position) => ({
          deviceId,
          wave: 1,
          position,
          releaseId: other,
          previousReleaseId: null,
          previousVersion: null,
        })),
        tenant.now,
      );
    });
    await tenant.tick(second);
    expect(await tenant.inState(second, 'queued')).toHaveLength(2);
    const forced = tenant.as((tx) =>
      tx.query(`update executions set state = 'offered' where campaign_id = $1`, [second]),
    );
    await expect(forced).rejects.toThrow('executions_one_live');
  });

  it('keeps counts true under fifty reporters at once', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    await tenant.fleet(50, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }], concurrency: 50 });
    await tenant.tick(id);
    const offered = await tenant.inState(id, 'offered');
    expect(offered).toHaveLength(50);
    const walk = ['accepted', 'downloading', 'downloaded', 'installing'] as const;
    await Promise.all(
      offered.map(async ({ id: executionId, deviceId }) => {
        for (const state of walk)
          await tenant.as(async (tx) => {
            const row = (await executionStore.lock(tx, executionId, deviceId))!;
            await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);
          });
      }),
    );
    await expectTrueCounts(id);
    const [wave] = await tenant.as((tx) => waveStore.list(tx, [id]));
    expect(wave!.counts).toEqual({ installing: 50 });
  });

  it('tries a failed device again as often as the plan says, and counts the newest attempt', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    const devices = await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh, { retries: 1, concurrency: 10, waves: [{ size: { percent: 100 } }] });
    const failedOnce = new Set<string>();
    await tenant.runThrough(
      id,
      (device) => device === devices[0] && !failedOnce.has(device) && failedOnce.add(device).size > 0,
    );
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed' });
    await expectTrueCounts(id);
    const attempts = await tenant.as((tx) =>
      tx.query(`select attempt, state from executions where device_id = $1 order by 1`, [devices[0]]),
    );
    expect(attempts).toEqual([
      { attempt: 1, state: 'failed' },
      { attempt: 2, state: 'succeeded' },
    ]);
  });

  it('moves a device that was away into the straggler lane and offers to it when it returns', async () => {
    const old = await tenant.release('1.0.0');
    const fresh = await tenant.release('2.0.0');
    const devices = await tenant.fleet(3, [{ id: old, version: '1.0.0' }]);
    const connect = (connected: boolean) =>
      tenant.as((tx) =>
        tx.query('update device_state set connected = $2 where device_id = $1', [devices[2], connected]),
      );
    await connect(false);
    const id = await tenant.launch(fresh, {
      waves: [{ size: { devices: 1 } }, { size: { percent: 100 }, gate: { ...smallPlan.gate, soakS: 100_000 } }],
    });
    for (let i = 0; i < 4; i++) {
      await tenant.tick(id);
      await tenant.update(id, '2.0.0');
      tenant.later(3600);
    }
    await tenant.tick(id);
    const [, last] = await tenant.as((tx) => waveStore.list(tx, [id]));
    expect(last).toMatchObject({ state: 'soaking', counts: { succeeded: 1, unreachable: 1 } });
    await connect(true);
    await tenant.runThrough(id);
    tenant.later(100_000);
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed' });
  });
});
