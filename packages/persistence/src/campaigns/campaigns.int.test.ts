import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { planWaves } from '@muster/domain/campaigns/plan-waves';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Tx } from '../transaction.js';
import { campaignStore, type Lease } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { executionStore } from './execution.store.js';
import { targetStore } from './target.store.js';
import { loadTick } from './tick.store.js';
import { applyTick } from './tick-apply.store.js';
import { waveStore } from './wave.store.js';

let test: TestDatabase;
let tenant: string;
let now: Date;
const later = (seconds: number): Date => (now = new Date(now.getTime() + seconds * 1000));
const as = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => test.database.tenant(tenant, work);

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = `t${uuidv7().slice(-12)}`;
  now = new Date('2026-03-01T10:00:00.000Z');
  await test.database.system((tx) =>
    tx
      .query(`insert into tenants (id, name) values ($1, 'Test')`, [tenant])
      .then(() => tx.query(`insert into device_classes (tenant_id, name) values ($1, 'gateway')`, [tenant])),
  );
});

const plan: CampaignPlan = {
  waves: [{ size: { devices: 2 } }, { size: { percent: 100 } }],
  gate: {
    maxFailureRate: 0.2,
    maxTimeoutRate: 0.2,
    minSuccessRate: 0.7,
    minSample: 5,
    minResolvedShare: 0.9,
    soakS: 0,
  },
  concurrency: 3,
  ratePerMinute: null,
  deadlineS: 600,
  stepTimeoutS: 120,
  deviceSoakS: 10,
  retries: 0,
  autoRollback: true,
  approval: false,
};

async function release(version: string, rollbackIndex = 0): Promise<string> {
  const id = uuidv7();
  await as(async (tx) => {
    const artifact = uuidv7();
    await tx.query(
      `insert into artifacts (tenant_id, id, name, size, sha256, received, state, created_by)
       values ($1, $2, 'fw.bin', 1, $3, 1, 'complete', 'test')`,
      [tenant, artifact, 'a'.repeat(64)],
    );
    await tx.query(
      `insert into releases (tenant_id, id, name, version, models, artifact_id, state, rollback_index, created_by, published_at)
       values ($1, $2, 'fw', $3, '{m1}', $4, 'published', $5, 'test', now())`,
      [tenant, id, version, artifact, rollbackIndex],
    );
  });
  return id;
}

/** `n` connected devices that confirmed one of the given releases in turn. */
async function fleet(n: number, releases: readonly { id: string; version: string }[]): Promise<string[]> {
  const ids = Array.from({ length: n }, () => uuidv7());
  await as(async (tx) => {
    for (const [i, id] of ids.entries()) {
      const on = releases[i % releases.length]!;
      await tx.query(
        `insert into devices (tenant_id, id, name, serial, model, class, state, firmware_version)
         values ($1, $2::uuid, $2::text, $2::text, 'm1', 'gateway', 'active', $3)`,
        [tenant, id, on.version],
      );
      await tx.query(
        `insert into device_state (device_key, tenant_id, device_id, connected, last_seen_at)
         select device_key, tenant_id, id, true, $2 from devices where id = $1`,
        [id, now],
      );
      await tx.query(
        `insert into device_releases (tenant_id, device_id, n, release_id, version, confirmed_at) values ($1, $2, 1, $3, $4, $5)`,
        [tenant, id, on.id, on.version, now],
      );
    }
  });
  return ids;
}

async function launch(releaseId: string, overrides: Partial<CampaignPlan> = {}): Promise<string> {
  const id = uuidv7();
  const chosen = { ...plan, ...overrides };
  await as(async (tx) => {
    const matched = (await targetStore.match(tx, {})).filter((d) => d.busyWith === null);
    const waves = planWaves(
      chosen.waves.map((w) => w.size),
      matched.length,
    );
    if (!waves.ok) throw new Error(waves.code);
    await campaignStore.insert(
      tx,
      {
        id,
        parentId: null,
        kind: 'release',
        name: 'campaign',
        state: 'preparing',
        releaseId,
        configId: null,
        configNumber: null,
        command: null,
        selector: {},
        plan: chosen,
        createdBy: 'test',
      },
      now,
    );
    await waveStore.insertAll(
      tx,
      id,
      waves.value.map((w) => ({ ...w, counts: { queued: w.size } })),
      now,
    );
    const targets = matched.map(({ deviceId, previousReleaseId, previousVersion }, position) => {
      const wave = waves.value.find((w) => position < w.cumulative)!.n;
      return { deviceId, previousReleaseId, previousVersion, wave, position, releaseId };
    });
    await targetStore.freeze(tx, id, targets, now);
  });
  return id;
}

const lease = (id: string, owner = 'ticker'): Promise<Lease | null> =>
  as((tx) => campaignStore.takeLease(tx, id, owner, now, new Date(now.getTime() + 10_000)));

async function tick(id: string): Promise<void> {
  const held = (await lease(id))!;
  for (let i = 0; i < 50; i++) {
    const decided = await as(async (tx) => {
      const loaded = (await loadTick(tx, id, now))!;
      const decisions = decideTick(loaded.facts, now);
      return decisions.length > 0 && applyTick(tx, loaded, decisions, held, now);
    });
    if (!decided) break;
  }
  await as((tx) => campaignStore.releaseLease(tx, held));
}

const inState = (id: string, state: 'offered' | 'soaking' | 'queued') =>
  as((tx) => executionStore.list(tx, id, { state }, null, 1000));

/** Every offered device of the campaign runs through to its soak, or fails. */
async function update(
  id: string,
  version: string,
  fails: (deviceId: string) => boolean = () => false,
): Promise<number> {
  const offered = await inState(id, 'offered');
  for (const execution of offered)
    await as(async (tx) => {
      const row = (await executionStore.lock(tx, execution.id, execution.deviceId))!;
      const failed = fails(row.deviceId);
      if (!failed)
        await tx.query('update devices set firmware_version = $2 where id = $1', [
          row.deviceId,
          row.releaseVersion ?? version,
        ]);
      const change = { reasonCode: failed ? 'install_failed' : null, reasonDetail: null };
      await executionStore.move(tx, row, { ...change, state: failed ? 'failed' : 'soaking' }, now);
    });
  later(15);
  await as((tx) => tx.query('update device_state set last_seen_at = $1 where tenant_id = $2', [now, tenant]));
  return offered.length;
}

async function runThrough(id: string, fails?: (deviceId: string) => boolean): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await tick(id);
    if ((await update(id, '2.0.0', fails)) === 0) break;
  }
  await tick(id);
}

const campaign = (id: string) => as((tx) => campaignStore.get(tx, id)).then((row) => row!);

const recount = (id: string) =>
  as((tx) =>
    tx.query(
      `select w.n, w.counters as kept, (select jsonb_object_agg(state, n) from (
         select e.state, count(*) as n from executions e where e.campaign_id = w.campaign_id and e.wave = w.n
         and not exists (select from executions m where m.campaign_id = e.campaign_id and m.device_id = e.device_id
           and m.attempt > e.attempt) group by 1) x) as counted
       from campaign_waves w where w.campaign_id = $1 order by n`,
      [id],
    ),
  );

const expectTrueCounts = async (id: string): Promise<void> => {
  for (const { kept, counted } of await recount(id)) expect(kept).toEqual(counted);
};

describe('a campaign on Postgres', () => {
  it('runs a good release through its waves, within the cap, and writes down each device’s new known good', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    await fleet(10, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh);
    await tick(id);
    expect(await inState(id, 'offered')).toHaveLength(2);
    await runThrough(id);
    expect(await campaign(id)).toMatchObject({ state: 'completed', currentWave: 2 });
    await expectTrueCounts(id);
    const history = await as((tx) =>
      tx.query(
        `select n, version, count(*)::int as devices from device_releases where tenant_id = $1 group by 1, 2 order by 1`,
        [tenant],
      ),
    );
    expect(history).toEqual([
      { n: 1, version: '1.0.0', devices: 10 },
      { n: 2, version: '2.0.0', devices: 10 },
    ]);
  });

  it('halts a bad release in its first wave and returns each updated device to its own previous release', async () => {
    const a = await release('1.0.0');
    const b = await release('1.1.0');
    const fresh = await release('2.0.0');
    const devices = await fleet(12, [
      { id: a, version: '1.0.0' },
      { id: b, version: '1.1.0' },
    ]);
    const id = await launch(fresh, { waves: [{ size: { devices: 6 } }, { size: { percent: 100 } }] });
    let seen = 0;
    await runThrough(id, () => ++seen % 3 === 0);
    expect(await campaign(id)).toMatchObject({ state: 'rolling_back', reasonCode: 'failure_rate' });

    const childId = (await campaign(id)).childId!;
    await runThrough(childId);
    await tick(id);
    expect(await campaign(childId)).toMatchObject({ state: 'completed' });
    const parent = await campaign(id);
    expect(parent).toMatchObject({ state: 'failed', reasonCode: 'rolled_back' });
    await expectTrueCounts(id);
    await expectTrueCounts(childId);

    const versions = await as((tx) =>
      tx.query<{ id: string; version: string }>(
        `select id, firmware_version as version from devices where tenant_id = $1`,
        [tenant],
      ),
    );
    const now = new Map(versions.map((row) => [row.id, row.version]));
    for (const [i, device] of devices.entries()) expect(now.get(device)).toBe(i % 2 === 0 ? '1.0.0' : '1.1.0');

    const decisive = await as((tx) => decisionStore.decisive(tx, [id]));
    expect(decisive.map((record) => record.kind)).toEqual(['gate', 'rollback_finished']);
    for (const record of decisive) expect(explainDecision(record)).toBe(record.sentence);
    expect(decisive[0]!.sentence).toMatch(/^Wave 1 halted: \d+ of \d+ (resolved )?devices failed/);
    const untouched = await as((tx) =>
      tx.query(`select from executions where campaign_id = $1 and wave = 2 and offered_at is not null`, [id]),
    );
    expect(untouched).toEqual([]);
  });

  it('names why a device cannot be returned', async () => {
    const old = await release('1.0.0', 0);
    const fresh = await release('2.0.0', 5);
    await fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh, { waves: [{ size: { percent: 100 } }], concurrency: 2 });
    let seen = 0;
    await runThrough(id, () => ++seen % 2 === 0);
    const childId = (await campaign(id)).childId!;
    const blocked = await as((tx) => executionStore.list(tx, childId, { state: 'rollback_blocked' }, null, 10));
    expect(blocked.map((e) => e.reasonCode)).toEqual(['below_rollback_index']);
    await tick(childId);
    await tick(id);
    expect(await campaign(id)).toMatchObject({
      state: 'failed',
      reasonDetail: 'Returned 0 of 1 device to their own previous release, 1 blocked.',
    });
  });

  it('lets one of two tickers work and refuses the other, and a ticker that slept through its lease cannot write', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    await fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh);
    const [first, second] = await Promise.all([lease(id, 'one'), lease(id, 'two')]);
    expect([first, second].filter((held) => held === null)).toHaveLength(1);
    const sleeper = (first ?? second)!;
    const loaded = (await as((tx) => loadTick(tx, id, now)))!;
    const decisions = decideTick(loaded.facts, now);
    later(60);
    await tick(id);
    expect(await as((tx) => applyTick(tx, loaded, decisions, sleeper, now))).toBe('fenced');
    await expectTrueCounts(id);
  });

  it('decides again when an operator was quicker, and then offers nothing', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    await fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh);
    const held = (await lease(id))!;
    const step = async () => {
      const loaded = (await as((tx) => loadTick(tx, id, now)))!;
      return { loaded, decisions: decideTick(loaded.facts, now) };
    };
    for (let i = 0; i < 10; i++) {
      const { loaded, decisions } = await step();
      if (decisions.some((d) => d.kind === 'offer')) break;
      await as((tx) => applyTick(tx, loaded, decisions, held, now));
    }
    const { loaded, decisions } = await step();
    expect(decisions.map((d) => d.kind)).toEqual(['offer']);
    await as(async (tx) => {
      await campaignStore.lock(tx, id);
      await campaignStore.move(tx, id, { to: 'pausing', code: null, detail: null }, now);
    });
    expect(await as((tx) => applyTick(tx, loaded, decisions, held, now))).toBe('stale');
    expect(await inState(id, 'offered')).toEqual([]);
    await tick(id);
    expect(await campaign(id)).toMatchObject({ state: 'paused' });
  });

  it('leaves nothing behind when it dies between two writes of one step', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    await fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh);
    const held = (await lease(id))!;
    const before = await recount(id);
    const died = as(async (tx) => {
      const loaded = (await loadTick(tx, id, now))!;
      await applyTick(tx, loaded, decideTick(loaded.facts, now), held, now);
      throw new Error('killed');
    });
    await expect(died).rejects.toThrow('killed');
    expect(await recount(id)).toEqual(before);
    expect(await campaign(id)).toMatchObject({ state: 'preparing' });
    expect(await as((tx) => decisionStore.list(tx, id, null, 10))).toEqual([]);
  });

  it('never offers to a device that is busy with another campaign', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    const other = await release('3.0.0');
    await fleet(2, [{ id: old, version: '1.0.0' }]);
    const first = await launch(fresh, { waves: [{ size: { percent: 100 } }] });
    await tick(first);
    expect(await as((tx) => targetStore.match(tx, {})).then((rows) => rows.map((d) => d.busyWith))).toEqual([
      'campaign',
      'campaign',
    ]);
    // A campaign that names them all the same waits in its queue; the index is the last word.
    const second = uuidv7();
    await as(async (tx) => {
      await tx.query(
        `insert into campaigns (tenant_id, id, kind, name, state, release_id, plan, created_by)
        select tenant_id, $2, kind, 'second', 'preparing', $3, plan, 'test' from campaigns where id = $1`,
        [first, second, other],
      );
      await waveStore.insertAll(tx, second, [{ n: 1, cumulative: 2, size: 2, counts: { queued: 2 } }], now);
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
        now,
      );
    });
    await tick(second);
    expect(await inState(second, 'queued')).toHaveLength(2);
    const forced = as((tx) => tx.query(`update executions set state = 'offered' where campaign_id = $1`, [second]));
    await expect(forced).rejects.toThrow('executions_one_live');
  });

  it('keeps counts true under fifty reporters at once', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    await fleet(50, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh, { waves: [{ size: { percent: 100 } }], concurrency: 50 });
    await tick(id);
    const offered = await inState(id, 'offered');
    expect(offered).toHaveLength(50);
    const walk = ['accepted', 'downloading', 'downloaded', 'installing'] as const;
    await Promise.all(
      offered.map(async ({ id: executionId, deviceId }) => {
        for (const state of walk)
          await as(async (tx) => {
            const row = (await executionStore.lock(tx, executionId, deviceId))!;
            await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, now);
          });
      }),
    );
    await expectTrueCounts(id);
    const [wave] = await as((tx) => waveStore.list(tx, [id]));
    expect(wave!.counts).toEqual({ installing: 50 });
  });

  it('tries a failed device again as often as the plan says, and counts the newest attempt', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    const devices = await fleet(4, [{ id: old, version: '1.0.0' }]);
    const id = await launch(fresh, { retries: 1, concurrency: 10, waves: [{ size: { percent: 100 } }] });
    const failedOnce = new Set<string>();
    await runThrough(
      id,
      (device) => device === devices[0] && !failedOnce.has(device) && failedOnce.add(device).size > 0,
    );
    expect(await campaign(id)).toMatchObject({ state: 'completed' });
    await expectTrueCounts(id);
    const attempts = await as((tx) =>
      tx.query(`select attempt, state from executions where device_id = $1 order by 1`, [devices[0]]),
    );
    expect(attempts).toEqual([
      { attempt: 1, state: 'failed' },
      { attempt: 2, state: 'succeeded' },
    ]);
  });

  it('moves a device that was away into the straggler lane and offers to it when it returns', async () => {
    const old = await release('1.0.0');
    const fresh = await release('2.0.0');
    const devices = await fleet(3, [{ id: old, version: '1.0.0' }]);
    const connect = (connected: boolean) =>
      as((tx) => tx.query('update device_state set connected = $2 where device_id = $1', [devices[2], connected]));
    await connect(false);
    const id = await launch(fresh, {
      waves: [{ size: { devices: 1 } }, { size: { percent: 100 }, gate: { ...plan.gate, soakS: 100_000 } }],
    });
    for (let i = 0; i < 4; i++) {
      await tick(id);
      await update(id, '2.0.0');
      later(3600);
    }
    await tick(id);
    const [, last] = await as((tx) => waveStore.list(tx, [id]));
    expect(last).toMatchObject({ state: 'soaking', counts: { succeeded: 1, unreachable: 1 } });
    await connect(true);
    await runThrough(id);
    later(100_000);
    await tick(id);
    expect(await campaign(id)).toMatchObject({ state: 'completed' });
  });
});
