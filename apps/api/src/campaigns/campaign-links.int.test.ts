import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCampaigns } from './campaigns.harness.js';

let c: Awaited<ReturnType<typeof openCampaigns>>;

beforeAll(async () => {
  c = await openCampaigns(new FakeClock('2026-05-04T10:00:00.000Z'));
});
afterAll(() => c.close());

describe('a retry', () => {
  it('drafts a campaign over what failed or ran out of time, and over nothing else', async () => {
    const id = await c.release('2.0.0');
    await c.devices(6, 'again');
    const old = await c.launched(id, { site: ['again'] }, { startAt: undefined, retries: 0 });
    expect((await c.act(old, 'retry')).code).toBe('campaign_state_refused');
    await c.bring(
      old.id,
      ['succeeded', 'failed', 'timed_out', 'in_doubt', 'rejected', 'cancelled'],
      'completed_with_stragglers',
    );
    const rows = await c.executions(old.id);
    const made = await c.act(old, 'retry');
    expect(made).toMatchObject({ state: 'draft', retryOf: old.id, name: 'Retry of rollout', releaseId: id });
    const bad = rows.filter((e) => ['failed', 'timed_out', 'in_doubt'].includes(e.state)).map((e) => e.deviceId);
    expect([...made.selector.ids].sort()).toEqual(bad.sort());
    const under = await c.act(made, 'launch');
    expect(under).toMatchObject({ state: 'preparing', targets: 3 });
    expect((await c.act(old, 'retry')).code).toBe('no_eligible_targets');
    await c.bring(made.id, ['failed', 'succeeded', 'succeeded'], 'completed_with_stragglers');
    expect((await c.act(old, 'retry')).selector.ids).toHaveLength(1);
  });

  it('is refused where nothing failed, where devices are being returned, and of a release that was taken back', async () => {
    const id = await c.release('2.0.0');
    await c.devices(2, 'fine');
    const old = await c.launched(id, { site: ['fine'] });
    await c.bring(old.id, ['succeeded', 'rejected'], 'stopped');
    expect((await c.act(old, 'retry')).code).toBe('no_eligible_targets');
    await c.bring(old.id, ['succeeded', 'failed'], 'halted');
    expect((await c.act(old, 'retry', { name: 'second try' })).name).toBe('second try');
    await c.sql(`update releases set state = 'revoked' where id = $1`, [id]);
    expect((await c.act(old, 'retry')).code).toBe('campaign_state_refused');
  });
});

describe('taking the place of a campaign', () => {
  it('stops the old one at the launch, lets its devices go and lets finish what cannot be called back', async () => {
    const site = { site: ['replaced'] };
    await c.devices(6, 'replaced');
    const old = await c.launched(await c.release('2.0.0'), site);
    await c.bring(old.id, ['queued', 'offered', 'downloading', 'deferred', 'installing', 'succeeded'], 'running');
    const better = await c.release('2.0.1');
    const body = { ...c.draft(better, site), supersedes: old.id };
    const preview = await c.post('/campaigns/preview', body);
    expect(preview.supersedes).toEqual({ campaignId: old.id, name: 'rollout', givenUp: 4, finishing: 1 });
    expect(preview).toMatchObject({ eligible: 6, problems: [] });
    const busy = await c.post('/campaigns/preview', c.draft(better, site));
    expect(busy.exclusions).toMatchObject([{ reasonCode: 'in_another_campaign', count: 5 }]);

    const made = await c.post('/campaigns', body);
    expect((await c.get(old.id)).state).toBe('running');
    expect(await c.act(made, 'launch')).toMatchObject({ state: 'preparing', targets: 6, supersedes: old.id });
    const after = await c.get(old.id);
    expect(after).toMatchObject({ state: 'stopping', reasonCode: 'superseded', supersededBy: made.id });
    expect(c.sum(after.counters)).toBe(6);
    const states = (await c.executions(old.id)).map((e) => e.state).sort();
    expect(states).toEqual(['installing', 'succeeded', 'superseded', 'superseded', 'superseded', 'superseded']);
    const told = await c.sql(`select payload->>'executionId' as id from outbox where type = 'execution.cancelled'`);
    expect(told.length).toBe(3);
    const records = await c.test.database.tenant(c.api.tenantId, (tx) => decisionStore.list(tx, old.id, null, 1));
    expect(records[0]).toMatchObject({ code: 'supersede' });
    expect(records[0]!.sentence).toContain('replaced by rollout');
  });

  it('is refused for a campaign that has ended, for itself, and for one of another kind', async () => {
    const site = { site: ['not-replaced'] };
    const id = await c.release('2.0.0');
    await c.devices(1, 'not-replaced');
    const old = await c.launched(id, site);
    await c.bring(old.id, [], 'completed');
    const refused = await c.post('/campaigns', { ...c.draft(id, site), supersedes: old.id });
    expect(refused).toMatchObject({ code: 'campaign_state_refused', facts: { campaignId: old.id } });
    const preview = await c.post('/campaigns/preview', { ...c.draft(id, site), supersedes: old.id });
    expect(preview.problems).toMatchObject([{ code: 'campaign_state_refused', severity: 'refusal' }]);
    await c.sql(`update campaigns set state = 'running' where id = $1`, [old.id]);
    const command = { name: 'c', kind: 'command', command: { name: 'reboot' }, selector: site, plan: c.whole };
    expect((await c.post('/campaigns', { ...command, supersedes: old.id })).code).toBe('campaign_state_refused');
    expect((await c.post('/campaigns', { ...c.draft(id, site), supersedes: uuidv7() })).code).toBe('not_found');
  });

  it('changes nothing of the old one when the launch is refused', async () => {
    const site = { site: ['kept'] };
    await c.devices(2, 'kept');
    const old = await c.launched(await c.release('2.0.0'), site);
    const made = await c.post('/campaigns', { ...c.draft(await c.release('2.0.1'), site), supersedes: old.id });
    await c.sql(`update devices set pinned = true where site = 'kept'`);
    expect((await c.act(made, 'launch')).code).toBe('no_eligible_targets');
    expect(await c.get(old.id)).toMatchObject({ state: 'preparing', counters: { waiting: 2 } });
  });
});

describe('leaving a slice out', () => {
  it('removes who waits there, goes on with the others, and keeps later ones of it out', async () => {
    const site = { site: ['sliced'] };
    const id = await c.release('2.0.0');
    await c.devices(3, 'sliced', { revision: 'A' });
    await c.devices(3, 'sliced', { revision: 'B' });
    const halted = await c.launched(id, site, { lateJoiners: true });
    const rows = await c.executions(halted.id);
    const revisions = new Map(
      (await c.sql(`select id, hardware_revision as r from devices where site = 'sliced'`)).map((d) => {
        const { id: device, r } = d as { id: string; r: string };
        return [device, r] as const;
      }),
    );
    const [bad, good] = ['B', 'A'].map((r) => rows.filter((e) => revisions.get(e.deviceId) === r));
    await c.bring(halted.id, [], 'halted');
    for (const [row, state] of [
      [bad![0], 'failed'],
      [bad![1], 'deferred'],
      [good![0], 'succeeded'],
    ] as const)
      await c.sql('update executions set state = $2 where id = $1', [row!.id, state]);
    await c.bring(halted.id, []);
    await c.sql(`update campaign_waves set state = 'halted' where campaign_id = $1`, [halted.id]);

    const body = { attribute: 'hardwareRevision', value: 'B', reason: 'they all fail', resume: true };
    const at = (await c.get(halted.id)) as { id: string; version: number };
    expect((await c.act({ ...at, version: at.version - 1 }, 'exclude', body)).code).toBe('precondition_failed');
    const after = await c.act(at, 'exclude', body);
    expect(after).toMatchObject({ state: 'running', exclusions: 3 });
    expect(c.sum(after.counters)).toBe(6);
    expect(after.counters).toMatchObject({ succeeded: 1, failed: 1, queued: 2, other: 2 });
    const states = new Map((await c.executions(halted.id)).map((e) => [e.deviceId, e] as const));
    for (const row of bad!.slice(1))
      expect(states.get(row.deviceId)).toMatchObject({ state: 'removed', reasonCode: 'excluded_by_operator' });
    const records = await c.test.database.tenant(c.api.tenantId, (tx) => decisionStore.list(tx, halted.id, null, 2));
    expect(records.map((record) => record.sentence).at(-1)).toBe(
      'Left out 2 devices with hardwareRevision B: they all fail.',
    );
    expect((await c.act(at, 'exclude', body)).code).toBe('precondition_failed');
  });

  it('skips waves that have nobody left', async () => {
    await c.devices(1, 'first-site');
    await c.devices(9, 'last-site');
    const plan = { waves: [{ size: { devices: 1 } }, { size: { percent: 100 } }] };
    const made = await c.launched(await c.release('2.0.0'), { site: ['first-site', 'last-site'] }, plan);
    await c.sql(
      `update executions e set wave = case when d.site = 'first-site' then 1 else 2 end from devices d
       where d.id = e.device_id and e.campaign_id = $1`,
      [made.id],
    );
    const body = { attribute: 'site', value: 'last-site', reason: 'closed', resume: false };
    const after = await c.act(made, 'exclude', body);
    expect(after.waves.map((w: { state: string }) => w.state)).toEqual(['planned', 'skipped']);
    const { steps } = (await c.api.as('viewer').get(`/campaigns/${made.id}/explanation`)).json();
    expect(steps).toContainEqual(
      expect.objectContaining({ code: 'wave_skipped', detail: 'Skipped: all of its devices were left out.' }),
    );
  });

  it('is refused before the launch and after the end', async () => {
    await c.devices(1, 'over');
    const made = await c.post('/campaigns', c.draft(await c.release('2.0.0'), { site: ['over'] }));
    const body = { attribute: 'site', value: 'over', reason: 'no' };
    expect((await c.act(made, 'exclude', body)).code).toBe('campaign_state_refused');
    const row = await c.test.database.tenant(c.api.tenantId, (tx) => campaignStore.get(tx, made.id));
    expect(row).toMatchObject({ state: 'draft', version: made.version });
    expect((await c.act(made, 'exclude', { ...body, attribute: 'colour' })).code).toBe('validation_failed');
  });
});
