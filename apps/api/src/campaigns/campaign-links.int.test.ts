import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { CampaignsModule } from './campaigns.module.js';

let test: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock('2026-05-04T10:00:00.000Z');

beforeAll(async () => {
  test = await testDatabase();
  api = await openHarness(test.database, clock, [CampaignsModule]);
});
afterAll(async () => {
  await api.close();
  await test.drop();
});

const manager = () => api.as('release_manager');
const sql = (text: string, params: unknown[] = []) =>
  test.database.tenant(api.tenantId, (tx) => tx.query(text, params));

interface ReleaseExtra {
  name?: string;
  state?: string;
  passThrough?: boolean;
  minVersion?: string;
  revisions?: string[];
  supportUntil?: string;
}
async function release(version: string, more: ReleaseExtra = {}): Promise<string> {
  const [artifact, id] = [uuidv7(), uuidv7()];
  await sql(
    `insert into artifacts (tenant_id, id, name, size, sha256, received, state, created_by)
     values ($1, $2, 'fw.bin', 1000, $3, 1000, 'complete', 'test')`,
    [api.tenantId, artifact, artifact.replaceAll('-', '').repeat(2)],
  );
  await sql(
    `insert into releases (tenant_id, id, name, version, models, artifact_id, state, created_by, published_at, pass_through,
       min_version, hardware_revisions, support_until)
     values ($1, $2, $3, $4, '{m1}', $5, $6, 'test', now(), $7, $8, $9, $10)`,
    [
      api.tenantId,
      id,
      more.name ?? `fw-${id.slice(-12)}`,
      version,
      artifact,
      more.state ?? 'published',
      more.passThrough ?? false,
      more.minVersion ?? null,
      more.revisions ?? [],
      more.supportUntil ?? null,
    ],
  );
  return id;
}

async function devices(n: number, site: string, more: { version?: string; revision?: string } = {}): Promise<string[]> {
  return test.database.tenant(api.tenantId, async (tx) => {
    const ids: string[] = [];
    for (let i = 0; i < n; i++) {
      const row = await deviceStore.insert(
        tx,
        {
          name: `${site}-${i}`,
          serial: uuidv7(),
          model: 'm1',
          hardwareRevision: more.revision ?? null,
          class: 'gateway',
          site,
          labels: {},
          state: 'active',
        },
        clock.now(),
      );
      ids.push(row!.id);
    }
    await tx.query('update devices set firmware_version = $2 where id = any($1::uuid[])', [
      ids,
      more.version ?? '1.0.0',
    ]);
    return ids;
  });
}

const gate = { maxFailureRate: 0.5, minSample: 1, minResolvedShare: 0.5, soakS: 0 };
const whole = { waves: [{ size: { percent: 100 } }], gate, autoRollback: false };
const draft = (releaseId: string, selector: object, plan: object = {}) => ({
  name: 'rollout',
  releaseId,
  selector,
  plan: { ...whole, ...plan },
});
const post = async (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  (await manager().post(path, body, headers)).json();
const act = (campaign: { id: string; version: number }, verb: string, body: object = {}) =>
  post(`/campaigns/${campaign.id}/${verb}`, body, { 'if-match': `"${campaign.version}"` });
const get = async (id: string) => (await manager().get(`/campaigns/${id}`)).json();
const launched = async (releaseId: string, selector: object, plan: object = {}) =>
  act(await post('/campaigns', draft(releaseId, selector, plan)), 'launch');
const executions = async (id: string) =>
  (await manager().get(`/campaigns/${id}/executions?pageSize=200`)).json().items as {
    id: string;
    deviceId: string;
    state: string;
    reasonCode: string | null;
  }[];
/** Puts executions where devices and ticks would have brought them, with the counts that go with it. */
async function bring(id: string, states: readonly string[], campaignState?: string): Promise<void> {
  const rows = await executions(id);
  for (const [i, state] of states.entries())
    await sql('update executions set state = $2, offered_at = now() where id = $1', [rows[i]!.id, state]);
  await sql(
    `update campaign_waves w set counters = (select jsonb_object_agg(state, n) from (select state, count(*) as n from executions e
       where e.campaign_id = w.campaign_id and e.wave = w.n group by 1) x), state = 'open' where campaign_id = $1`,
    [id],
  );
  if (campaignState !== undefined)
    await sql(`update campaigns set state = $2, current_wave = 1 where id = $1`, [id, campaignState]);
}
const sum = (counters: Record<string, number>) => Object.values(counters).reduce((a, b) => a + b, 0);

describe('what a preview says of the targets', () => {
  it('counts each reason of an exclusion and names the numbers', async () => {
    const name = 'staged';
    await release('1.5.0', { name, passThrough: true });
    const wanted = await release('2.0.0', { name, minVersion: '0.9.0', revisions: ['A'], supportUntil: '2026-01-01' });
    const site = 'reasons';
    await devices(2, site, { version: '1.6.0', revision: 'A' });
    await devices(1, site, { version: '1.0.0', revision: 'A' });
    await devices(1, site, { version: '0.8.0', revision: 'A' });
    await devices(1, site, { version: '2.1.0', revision: 'A' });
    await devices(1, site, { version: '1.6.0', revision: 'B' });
    await devices(1, site, { version: 'factory', revision: 'A' });
    const preview = await post('/campaigns/preview', draft(wanted, { site: [site] }));
    const reasons = preview.exclusions.map((e: { reasonCode: string; sample: { reasonDetail: string }[] }) => [
      e.reasonCode,
      e.sample[0]!.reasonDetail,
    ]);
    expect(Object.fromEntries(reasons)).toEqual({
      must_pass_through: 'runs 1.0.0; 1.5.0 comes before 2.0.0',
      below_min_version: 'runs 0.8.0; 2.0.0 can be put on 0.9.0 and above',
      downgrade_refused: 'runs 2.1.0, newer than 2.0.0',
      incompatible: 'the release is for revision A; not B',
    });
    expect(preview).toMatchObject({ matched: 7, eligible: 3, bytes: 3000, supersedes: null });
    const problems = preview.problems.map((p: { code: string; severity: string }) => [p.code, p.severity]);
    expect(problems).toEqual([
      ['release_support_ended', 'warning'],
      ['versions_not_comparable', 'warning'],
    ]);
    const down = await post('/campaigns/preview', draft(wanted, { site: [site] }, { allowDowngrade: true }));
    expect(down.eligible).toBe(4);
  });

  it('names ids that are no device, and no draft is made of them', async () => {
    const [known] = await devices(1, 'listed');
    const strangers = Array.from({ length: 21 }, () => uuidv7());
    const body = draft(await release('2.0.0'), { ids: [known, ...strangers] });
    const preview = await post('/campaigns/preview', body);
    expect(preview.problems).toEqual([
      { code: 'unknown_devices', detail: expect.stringMatching(/^21 of the ids are no device: /), severity: 'refusal' },
    ]);
    expect(preview.problems[0].detail).toContain(strangers[19]);
    expect(preview.problems[0].detail).not.toContain(strangers[20]);
    const refused = await post('/campaigns', body);
    expect(refused).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/selector/ids' }] });
  });

  it('refuses a budget that starves a site and a window in no zone, at the draft and at the launch', async () => {
    const id = await release('2.0.0');
    await devices(3, 'small');
    const starving = draft(id, { site: ['small'] }, { siteBudget: { percent: 20 } });
    expect(await post('/campaigns', starving)).toMatchObject({
      code: 'budget_starves_site',
      detail: '20% lets no device update at small (3): it takes 33.34% or a number of devices.',
    });
    const window = { days: ['mon'], from: '22:00', minutes: 60, timezone: 'Europe/Atlantis' };
    expect((await post('/campaigns', draft(id, { site: ['small'] }, { windows: [window] }))).code).toBe('plan_invalid');

    await devices(10, 'shrinks');
    const fits = await post('/campaigns', draft(id, { site: ['shrinks'] }, { siteBudget: { percent: 10 } }));
    await sql(
      `update devices set state = 'quarantined' where id = (select id from devices where site = 'shrinks' limit 1)`,
    );
    expect((await act(fits, 'launch')).code).toBe('budget_starves_site');
    expect(await get(fits.id)).toMatchObject({ state: 'draft', targets: 0 });
  });
});

describe('a retry', () => {
  it('drafts a campaign over what failed or ran out of time, and over nothing else', async () => {
    const id = await release('2.0.0');
    await devices(6, 'again');
    const old = await launched(id, { site: ['again'] }, { startAt: undefined, retries: 0 });
    expect((await act(old, 'retry')).code).toBe('campaign_state_refused');
    await bring(
      old.id,
      ['succeeded', 'failed', 'timed_out', 'in_doubt', 'rejected', 'cancelled'],
      'completed_with_stragglers',
    );
    const rows = await executions(old.id);
    const made = await act(old, 'retry');
    expect(made).toMatchObject({ state: 'draft', retryOf: old.id, name: 'Retry of rollout', releaseId: id });
    const bad = rows.filter((e) => ['failed', 'timed_out', 'in_doubt'].includes(e.state)).map((e) => e.deviceId);
    expect([...made.selector.ids].sort()).toEqual(bad.sort());
    const under = await act(made, 'launch');
    expect(under).toMatchObject({ state: 'preparing', targets: 3 });
    expect((await act(old, 'retry')).code).toBe('no_eligible_targets');
    await bring(made.id, ['failed', 'succeeded', 'succeeded'], 'completed_with_stragglers');
    expect((await act(old, 'retry')).selector.ids).toHaveLength(1);
  });

  it('is refused where nothing failed, where devices are being returned, and of a release that was taken back', async () => {
    const id = await release('2.0.0');
    await devices(2, 'fine');
    const old = await launched(id, { site: ['fine'] });
    await bring(old.id, ['succeeded', 'rejected'], 'stopped');
    expect((await act(old, 'retry')).code).toBe('no_eligible_targets');
    await bring(old.id, ['succeeded', 'failed'], 'halted');
    expect((await act(old, 'retry', { name: 'second try' })).name).toBe('second try');
    await sql(`update releases set state = 'revoked' where id = $1`, [id]);
    expect((await act(old, 'retry')).code).toBe('campaign_state_refused');
  });
});

describe('taking the place of a campaign', () => {
  it('stops the old one at the launch, lets its devices go and lets finish what cannot be called back', async () => {
    const site = { site: ['replaced'] };
    await devices(6, 'replaced');
    const old = await launched(await release('2.0.0'), site);
    await bring(old.id, ['queued', 'offered', 'downloading', 'deferred', 'installing', 'succeeded'], 'running');
    const better = await release('2.0.1');
    const body = { ...draft(better, site), supersedes: old.id };
    const preview = await post('/campaigns/preview', body);
    expect(preview.supersedes).toEqual({ campaignId: old.id, name: 'rollout', givenUp: 4, finishing: 1 });
    expect(preview).toMatchObject({ eligible: 6, problems: [] });
    const busy = await post('/campaigns/preview', draft(better, site));
    expect(busy.exclusions).toMatchObject([{ reasonCode: 'in_another_campaign', count: 5 }]);

    const made = await post('/campaigns', body);
    expect((await get(old.id)).state).toBe('running');
    expect(await act(made, 'launch')).toMatchObject({ state: 'preparing', targets: 6, supersedes: old.id });
    const after = await get(old.id);
    expect(after).toMatchObject({ state: 'stopping', reasonCode: 'superseded', supersededBy: made.id });
    expect(sum(after.counters)).toBe(6);
    const states = (await executions(old.id)).map((e) => e.state).sort();
    expect(states).toEqual(['installing', 'succeeded', 'superseded', 'superseded', 'superseded', 'superseded']);
    const told = await sql(`select payload->>'executionId' as id from outbox where type = 'execution.cancelled'`);
    expect(told.length).toBe(3);
    const records = await test.database.tenant(api.tenantId, (tx) => decisionStore.list(tx, old.id, null, 1));
    expect(records[0]).toMatchObject({ code: 'supersede' });
    expect(records[0]!.sentence).toContain('replaced by rollout');
  });

  it('is refused for a campaign that has ended, for itself, and for one of another kind', async () => {
    const site = { site: ['not-replaced'] };
    const id = await release('2.0.0');
    await devices(1, 'not-replaced');
    const old = await launched(id, site);
    await bring(old.id, [], 'completed');
    const refused = await post('/campaigns', { ...draft(id, site), supersedes: old.id });
    expect(refused).toMatchObject({ code: 'campaign_state_refused', facts: { campaignId: old.id } });
    const preview = await post('/campaigns/preview', { ...draft(id, site), supersedes: old.id });
    expect(preview.problems).toMatchObject([{ code: 'campaign_state_refused', severity: 'refusal' }]);
    await sql(`update campaigns set state = 'running' where id = $1`, [old.id]);
    const command = { name: 'c', kind: 'command', command: { name: 'reboot' }, selector: site, plan: whole };
    expect((await post('/campaigns', { ...command, supersedes: old.id })).code).toBe('campaign_state_refused');
    expect((await post('/campaigns', { ...draft(id, site), supersedes: uuidv7() })).code).toBe('not_found');
  });

  it('changes nothing of the old one when the launch is refused', async () => {
    const site = { site: ['kept'] };
    await devices(2, 'kept');
    const old = await launched(await release('2.0.0'), site);
    const made = await post('/campaigns', { ...draft(await release('2.0.1'), site), supersedes: old.id });
    await sql(`update devices set pinned = true where site = 'kept'`);
    expect((await act(made, 'launch')).code).toBe('no_eligible_targets');
    expect(await get(old.id)).toMatchObject({ state: 'preparing', counters: { waiting: 2 } });
  });
});

describe('leaving a slice out', () => {
  it('removes who waits there, goes on with the others, and keeps later ones of it out', async () => {
    const site = { site: ['sliced'] };
    const id = await release('2.0.0');
    await devices(3, 'sliced', { revision: 'A' });
    await devices(3, 'sliced', { revision: 'B' });
    const halted = await launched(id, site, { lateJoiners: true });
    const rows = await executions(halted.id);
    const revisions = new Map(
      (await sql(`select id, hardware_revision as r from devices where site = 'sliced'`)).map((d) => {
        const { id: device, r } = d as { id: string; r: string };
        return [device, r] as const;
      }),
    );
    const [bad, good] = ['B', 'A'].map((r) => rows.filter((e) => revisions.get(e.deviceId) === r));
    await bring(halted.id, [], 'halted');
    for (const [row, state] of [
      [bad![0], 'failed'],
      [bad![1], 'deferred'],
      [good![0], 'succeeded'],
    ] as const)
      await sql('update executions set state = $2 where id = $1', [row!.id, state]);
    await bring(halted.id, []);
    await sql(`update campaign_waves set state = 'halted' where campaign_id = $1`, [halted.id]);

    const body = { attribute: 'hardwareRevision', value: 'B', reason: 'they all fail', resume: true };
    const at = (await get(halted.id)) as { id: string; version: number };
    expect((await act({ ...at, version: at.version - 1 }, 'exclude', body)).code).toBe('precondition_failed');
    const after = await act(at, 'exclude', body);
    expect(after).toMatchObject({ state: 'running', exclusions: 3 });
    expect(sum(after.counters)).toBe(6);
    expect(after.counters).toMatchObject({ succeeded: 1, failed: 1, queued: 2, other: 2 });
    const states = new Map((await executions(halted.id)).map((e) => [e.deviceId, e] as const));
    for (const row of bad!.slice(1))
      expect(states.get(row.deviceId)).toMatchObject({ state: 'removed', reasonCode: 'excluded_by_operator' });
    const records = await test.database.tenant(api.tenantId, (tx) => decisionStore.list(tx, halted.id, null, 2));
    expect(records.map((record) => record.sentence).at(-1)).toBe(
      'Left out 2 devices with hardwareRevision B: they all fail.',
    );
    expect((await act(at, 'exclude', body)).code).toBe('precondition_failed');
  });

  it('skips waves that have nobody left', async () => {
    await devices(1, 'first-site');
    await devices(9, 'last-site');
    const plan = { waves: [{ size: { devices: 1 } }, { size: { percent: 100 } }] };
    const made = await launched(await release('2.0.0'), { site: ['first-site', 'last-site'] }, plan);
    await sql(
      `update executions e set wave = case when d.site = 'first-site' then 1 else 2 end from devices d
       where d.id = e.device_id and e.campaign_id = $1`,
      [made.id],
    );
    const body = { attribute: 'site', value: 'last-site', reason: 'closed', resume: false };
    const after = await act(made, 'exclude', body);
    expect(after.waves.map((w: { state: string }) => w.state)).toEqual(['planned', 'skipped']);
  });

  it('is refused before the launch and after the end', async () => {
    await devices(1, 'over');
    const made = await post('/campaigns', draft(await release('2.0.0'), { site: ['over'] }));
    const body = { attribute: 'site', value: 'over', reason: 'no' };
    expect((await act(made, 'exclude', body)).code).toBe('campaign_state_refused');
    const row = await test.database.tenant(api.tenantId, (tx) => campaignStore.get(tx, made.id));
    expect(row).toMatchObject({ state: 'draft', version: made.version });
    expect((await act(made, 'exclude', { ...body, attribute: 'colour' })).code).toBe('validation_failed');
  });
});
