import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { startScheduled } from '@muster/persistence/campaigns/start-scheduled';
import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandsModule } from '../commands/commands.module.js';
import { openHarness } from '../people.harness.js';
import { CampaignsModule } from './campaigns.module.js';

let test: TestDatabase;
let tenant: CampaignTenant;
let api: Awaited<ReturnType<typeof openHarness>>;
let clock: FakeClock;
let release: string;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
  clock = new FakeClock(tenant.now);
  api = await openHarness(test.database, clock, [CampaignsModule, CommandsModule], { tenantId: tenant.id });
  const old = await tenant.release('1.0.0');
  release = await tenant.release('2.0.0');
  await tenant.fleet(10, [{ id: old, version: '1.0.0' }]);
  return () => api.close();
});

type Shown = { id: string; version: number; state: string; [more: string]: unknown };
type Client = ReturnType<(typeof api)['as']>;
const manager = () => api.as('release_manager');
const match = (campaign: Shown) => ({ 'if-match': `"${campaign.version}"` });
const draft = async (plan: Partial<CampaignPlan> = {}, as: Client = manager()): Promise<Shown> => {
  const answer = await as.post('/campaigns', {
    name: 'rollout',
    releaseId: release,
    selector: {},
    plan: { ...smallPlan, ...plan },
  });
  expect(answer.json()).toMatchObject({ state: 'draft' });
  return answer.json();
};
const act = async (campaign: Shown, verb: string, body: object = {}, as: Client = manager()): Promise<Shown> =>
  (await as.post(`/campaigns/${campaign.id}/${verb}`, body, match(campaign))).json();
const patch = async (campaign: Shown, body: object, as: Client = manager()): Promise<Shown> =>
  (await as.patch(`/campaigns/${campaign.id}`, body, match(campaign))).json();
const show = async (id: string): Promise<Shown> => (await manager().get(`/campaigns/${id}`)).json();
const explain = async (id: string) => (await manager().get(`/campaigns/${id}/explanation`)).json();
const letters = (type: string) =>
  tenant.as((tx) =>
    tx.query<{ payload: Record<string, unknown> }>('select payload from outbox where type = $1 order by id', [type]),
  );
const later = (seconds: number): void => {
  tenant.later(seconds);
  clock.advance(seconds * 1000);
};

/** Moves executions on as their devices would report it. */
const report = async (id: string, to: readonly ExecutionState[]): Promise<void> => {
  const offered = await tenant.inState(id, 'offered');
  for (const [i, state] of to.entries())
    await tenant.as(async (tx) => {
      const row = (await executionStore.lock(tx, offered[i]!.id, offered[i]!.deviceId))!;
      await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);
    });
};
const states = (id: string) =>
  tenant.as(async (tx) => {
    const rows = await tx.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from executions where campaign_id = $1 group by 1',
      [id],
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.n]));
  });

describe('an edit', () => {
  it('voids what was submitted and makes the editor an author, whatever they are called later', async () => {
    const waiting = await act(await draft({ approval: true }), 'launch');
    expect(waiting.state).toBe('awaiting_approval');
    expect((await letters('campaign.awaiting_approval'))[0]!.payload).toMatchObject({
      campaignId: waiting.id,
      sentence: 'release_manager asks for approval of rollout.',
    });
    const admin = api.as('admin');
    const edited = await patch(
      waiting,
      { name: 'second try', plan: { ...smallPlan, approval: true, concurrency: 2 } },
      admin,
    );
    expect(edited).toMatchObject({
      state: 'draft',
      name: 'second try',
      version: waiting.version + 1,
      reasonCode: 'edit',
    });
    const [entry] = await tenant.as((tx) => audit.list(tx, { limit: 1, action: 'campaign.edited' }));
    expect(JSON.parse(entry!.canonical)).toMatchObject({
      actor: { name: 'admin' },
      before: { state: 'awaiting_approval', name: 'rollout', plan: { concurrency: 3 } },
      after: { state: 'draft', name: 'second try', plan: { concurrency: 2 } },
    });

    const again = await act(edited, 'launch');
    expect(await act(waiting, 'approve', {}, api.as('approver'))).toMatchObject({
      code: 'precondition_failed',
      facts: { currentVersion: again.version },
    });
    await test.database.system((tx) => tx.query(`update users set name = 'somebody else' where name = 'admin'`));
    expect(await act(again, 'approve', {}, admin)).toMatchObject({ code: 'approval_by_creator' });
    expect(await act(again, 'approve', {}, api.as('approver'))).toMatchObject({
      state: 'preparing',
      approvedBy: 'approver',
      targets: 10,
    });
  });

  it('is judged like a new draft, and a refused one changes nothing', async () => {
    const made = await draft();
    const codes = await Promise.all(
      [
        { plan: { ...smallPlan, waves: [{ size: { percent: 50 } }] } },
        { releaseId: '01970000-0000-7000-8000-00000000ffff' },
        { plan: { ...smallPlan, gate: { maxFailureRate: 'all' } } },
        { supersedes: made.id },
      ].map(async (body) => (await patch(made, body)).code),
    );
    expect(codes).toEqual(['plan_uncovering', 'not_found', 'validation_failed', 'campaign_state_refused']);
    expect(await patch(made, {})).toMatchObject({ version: made.version });
    expect(await patch(made, { name: 'rollout', plan: { ...smallPlan } })).toMatchObject({ version: made.version });
    expect(await show(made.id)).toEqual(made);
  });

  it('is refused while it runs, and on a page that is stale', async () => {
    const made = await draft();
    const launched = await act(made, 'launch');
    expect(await patch(made, { name: 'x' })).toMatchObject({
      code: 'precondition_failed',
      facts: { currentVersion: launched.version },
    });
    expect(await patch(launched, { name: 'x' })).toMatchObject({
      code: 'campaign_state_refused',
      facts: { state: 'preparing' },
    });
    expect(await show(made.id)).toMatchObject({ name: 'rollout', version: launched.version });
  });
});

describe('approval', () => {
  it('is not given by an API key of an author, nor by who made the key that drafted it', async () => {
    const owner = api.as('owner');
    const key = async (name: string) => {
      const permissions = ['campaign:read', 'campaign:write', 'campaign:operate', 'campaign:approve'];
      const { secret } = (await owner.post('/api-keys', { name, permissions, expiresInDays: 1 })).json();
      return api.with({ authorization: `Bearer ${secret}` });
    };
    const byPerson = await act(await draft({ approval: true }, owner), 'launch', {}, owner);
    expect(await act(byPerson, 'approve', {}, await key('a'))).toMatchObject({ code: 'approval_by_creator' });
    const ci = await key('b');
    const byKey = await act(await draft({ approval: true }, ci), 'launch', {}, ci);
    expect(await act(byKey, 'approve', {}, owner)).toMatchObject({ code: 'approval_by_creator' });
    expect(await act(byKey, 'approve', {}, await key('c'))).toMatchObject({ code: 'approval_by_creator' });
    expect(await act(byKey, 'approve', {}, api.as('approver'))).toMatchObject({ state: 'preparing' });
  });

  it('is denied with a reason, and asked for again after a change', async () => {
    const waiting = await act(await draft({ approval: true }), 'launch');
    const approver = api.as('approver');
    expect(await act(waiting, 'deny', {}, approver)).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/body/reason' }],
    });
    expect(await act(waiting, 'deny', { reason: '  ' }, approver)).toMatchObject({ code: 'validation_failed' });
    expect(await act(waiting, 'deny', { reason: 'no' })).toMatchObject({ code: 'forbidden' });
    const denied = await act(waiting, 'deny', { reason: 'too fast' }, approver);
    expect(denied).toMatchObject({
      state: 'denied',
      sentence: 'Approval was denied: too fast. Change it and submit it again.',
    });
    expect(await act(denied, 'approve', {}, approver)).toMatchObject({ code: 'campaign_state_refused' });
    const edited = await patch(denied, { plan: { ...smallPlan, approval: true, concurrency: 1 } });
    expect(edited).toMatchObject({ state: 'draft', finishedAt: null });
    expect(await act(edited, 'launch')).toMatchObject({ state: 'awaiting_approval' });
  });
});

describe('a scheduled start', () => {
  const at = (seconds: number) => new Date(tenant.now.getTime() + seconds * 1000).toISOString();
  const due = (id: string) => tenant.as((tx) => startScheduled(tx, id, tenant.now));

  it('freezes its targets when its time has come, once', async () => {
    const scheduled = await act(await draft({ startAt: at(3600) }), 'launch');
    expect(scheduled).toMatchObject({ state: 'scheduled', targets: 0, waves: [] });
    expect(scheduled.sentence).toBe('Scheduled: it freezes its targets and starts by itself 2026-03-01 11:00 UTC.');
    expect(await due(scheduled.id)).toBe(false);
    later(3600);
    const started = await Promise.all([due(scheduled.id), due(scheduled.id)]);
    expect(started.sort()).toEqual([false, true]);
    expect(await show(scheduled.id)).toMatchObject({ state: 'preparing', targets: 10 });
  });

  it('may come with the approval, is void after an edit, and can be stopped', async () => {
    const waiting = await act(await draft({ approval: true, startAt: at(3600) }), 'launch');
    const scheduled = await act(waiting, 'approve', {}, api.as('approver'));
    expect(scheduled).toMatchObject({ state: 'scheduled', approvedBy: 'approver' });
    const edited = await patch(scheduled, { name: 'later' });
    expect(edited).toMatchObject({ state: 'draft', approvedBy: null });
    later(7200);
    expect(await due(edited.id)).toBe(false);
    expect(await act(edited, 'launch')).toMatchObject({ code: 'plan_invalid' });

    const other = await act(await draft({ startAt: at(60) }), 'launch');
    expect(await act(other, 'stop')).toMatchObject({ state: 'stopped' });
  });

  it('that can no longer be fails with its reason, and somebody is told', async () => {
    const scheduled = await act(await draft({ startAt: at(60) }), 'launch');
    await tenant.as((tx) => tx.query(`update releases set state = 'revoked' where id = $1`, [release]));
    later(61);
    expect(await due(scheduled.id)).toBe(true);
    expect(await show(scheduled.id)).toMatchObject({ state: 'failed', reasonCode: 'release_state_refused' });
    expect((await letters('campaign.halted'))[0]!.payload).toMatchObject({
      failed: 'start',
      sentence: 'rollout did not start at its time: The release is revoked.',
    });
  });
});

describe('an override', () => {
  it('passes a wave that waits for data, with a reason, and the next one opens', async () => {
    const launched = await act(await draft({ deviceSoakS: 0 }), 'launch');
    await tenant.tick(launched.id);
    await report(launched.id, ['soaking']);
    const running = await show(launched.id);
    expect(await act(running, 'override')).toMatchObject({ code: 'validation_failed' });
    const passed = await act(running, 'override', { reason: 'the second is in the workshop' });
    expect(passed).toMatchObject({ state: 'running', reasonCode: 'override' });
    expect(passed.waves).toMatchObject([{ state: 'passed', reasonCode: 'override' }, { state: 'planned' }]);
    await tenant.tick(launched.id);
    expect((await show(launched.id)).waves).toMatchObject([{ state: 'passed' }, { state: 'open' }]);
    const [record] = (await manager().get(`/campaigns/${launched.id}/decisions`))
      .json()
      .items.filter((it: { code: string }) => it.code === 'override');
    expect(record).toMatchObject({
      kind: 'operator',
      sentence: 'release_manager asked for override: the second is in the workshop.',
    });
  });

  it('holds where the plan holds', async () => {
    const waves = [{ size: { devices: 2 }, holdAfter: true }, { size: { percent: 100 } }];
    const launched = await act(await draft({ waves }), 'launch');
    await tenant.tick(launched.id);
    expect(await act(await show(launched.id), 'override', { reason: 'r' })).toMatchObject({ state: 'held' });
  });

  it('never passes a broken limit, and has nothing to do where the gate passes', async () => {
    const launched = await act(await draft({ autoRollback: false }), 'launch');
    await tenant.tick(launched.id);
    await report(launched.id, ['failed', 'failed']);
    expect(await act(await show(launched.id), 'override', { reason: 'r' })).toMatchObject({
      code: 'campaign_state_refused',
      facts: { gate: 'failure_rate' },
    });
    await tenant.tick(launched.id);
    expect(await act(await show(launched.id), 'override', { reason: 'r' })).toMatchObject({
      code: 'campaign_state_refused',
      facts: { state: 'halted' },
    });
  });
});

describe('a stop', () => {
  it('says before whom it meets, and while it stops who is still in flight', async () => {
    const launched = await act(await draft({ concurrency: 5, waves: [{ size: { percent: 100 } }] }), 'launch');
    await tenant.tick(launched.id);
    await report(launched.id, ['downloading', 'installing', 'soaking', 'failed']);
    const preview = (await manager().get(`/campaigns/${launched.id}/stop`)).json();
    expect(preview.groups.map((group: { effect: string; count: number }) => [group.effect, group.count])).toEqual([
      ['never_offered', 5],
      ['recalled', 2],
      ['finishes', 1],
      ['soaks_on', 1],
    ]);
    expect(await show(launched.id)).toMatchObject({ state: 'running' });
    const stopping = await act(await show(launched.id), 'stop');
    expect(stopping.sentence).toBe(
      'Stopping: nothing more is offered; still in flight: 1 installing, 1 soaking; they finish by themselves.',
    );
    expect(await states(launched.id)).toEqual({ cancelled: 7, installing: 1, soaking: 1, failed: 1 });
    const steps = (await explain(launched.id)).steps.map((step: { code: string }) => step.code);
    expect(steps).toEqual(expect.arrayContaining(['finishes', 'soaks_on']));
  });
});

describe('the kill switch', () => {
  const set = async (engaged: boolean, reason = 'smoke') =>
    (await api.as('operator').post('/kill-switch', { engaged, reason })).json();

  it('is for those who may stop the fleet, and needs a reason', async () => {
    expect((await api.as('viewer').get('/kill-switch')).json()).toEqual({
      engaged: false,
      since: null,
      by: null,
      reason: null,
    });
    expect((await api.as('viewer').post('/kill-switch', { engaged: true, reason: 'x' })).statusCode).toBe(403);
    expect((await api.as('operator').post('/kill-switch', { engaged: true })).json().code).toBe('validation_failed');
  });

  it('pauses what moves, takes back what has not begun, and refuses what would set something going', async () => {
    const running = await tenant.launch(release, { waves: [{ size: { percent: 100 } }], concurrency: 5 });
    await tenant.tick(running);
    await report(running, ['downloading', 'accepted', 'installing']);
    const waiting = await draft({ approval: true });
    const submitted = await act(waiting, 'launch');
    const engaged = await set(true);
    expect(engaged).toEqual({ engaged: true, since: tenant.now.toISOString(), by: 'operator', reason: 'smoke' });
    expect(await set(true, 'again')).toEqual(engaged);

    expect(await show(running)).toMatchObject({ state: 'pausing', reasonCode: 'kill_switch', reasonDetail: 'smoke' });
    expect(await states(running)).toEqual({ queued: 9, installing: 1 });
    for (const { kept, counted } of await tenant.recount(running)) expect(kept).toEqual(counted);
    expect(await letters('execution.cancelled')).toHaveLength(4);
    expect((await letters('kill_switch.changed')).map((it) => it.payload)).toEqual([
      { engaged: true, by: 'operator', reason: 'smoke' },
    ]);
    expect((await explain(running)).sentence).toBe(
      'Paused. The kill switch was engaged by operator: smoke. Nothing is offered until it is released.',
    );

    const refusals = await Promise.all([
      act(await draft(), 'launch'),
      act(submitted, 'approve', {}, api.as('approver')),
      act(await show(running), 'resume'),
      act(await show(running), 'advance'),
      act(await show(running), 'override', { reason: 'r' }),
      act(await show(running), 'rollback'),
    ]);
    expect(refusals.map((it) => it.code)).toEqual(Array(6).fill('kill_switch_engaged'));
    const [device] = await tenant.inState(running, 'queued');
    const command = await api.as('operator').post(`/devices/${device!.deviceId}/commands`, { name: 'ping' });
    expect(command.json()).toMatchObject({ code: 'kill_switch_engaged', status: 409 });

    later(600);
    await tenant.tick(running);
    expect(await states(running)).toMatchObject({ queued: 9 });
  });

  it('stops nothing that stops, and leaves a scheduled start where it is', async () => {
    const startAt = new Date(tenant.now.getTime() + 60_000).toISOString();
    const scheduled = await act(await draft({ startAt }), 'launch');
    const running = await tenant.launch(release, { waves: [{ size: { percent: 100 } }] });
    await tenant.tick(running);
    await set(true);
    later(120);
    expect(await tenant.as((tx) => startScheduled(tx, scheduled.id, tenant.now))).toBe(false);
    expect(await show(scheduled.id)).toMatchObject({ state: 'scheduled' });
    expect(await act(await show(running), 'stop')).toMatchObject({ state: 'stopping' });
  });

  it('released resumes nothing; what is resumed goes on where it stood', async () => {
    const fresh = await tenant.launch(release, {
      waves: [{ size: { devices: 1 } }, { size: { devices: 3 } }, { size: { percent: 100 } }],
    });
    await set(true);
    expect(await show(fresh)).toMatchObject({ state: 'pausing' });
    await tenant.tick(fresh);
    expect((await api.as('operator').post('/kill-switch', { engaged: false })).statusCode).toBe(400);
    expect(await set(false, 'all clear')).toMatchObject({ engaged: false, since: null });
    await tenant.tick(fresh);
    const paused = await show(fresh);
    expect(paused).toMatchObject({ state: 'paused', currentWave: null });
    expect(await act(paused, 'resume')).toMatchObject({ state: 'preparing' });
    await tenant.tick(fresh);
    expect(await tenant.inState(fresh, 'offered')).toHaveLength(1);

    await act(await show(fresh), 'hold');
    await tenant.runThrough(fresh);
    expect(await show(fresh)).toMatchObject({ state: 'held' });
    await set(true);
    await tenant.tick(fresh);
    await set(false);
    expect(await act(await show(fresh), 'resume')).toMatchObject({ state: 'held' });
    await tenant.tick(fresh);
    expect(await show(fresh)).toMatchObject({ state: 'held' });
  });

  it('pauses a return with its parent, and both go on together', async () => {
    const id = await tenant.launch(release, { waves: [{ size: { devices: 6 } }, { size: { percent: 100 } }] });
    let seen = 0;
    await tenant.runThrough(id, () => ++seen % 3 === 0);
    const { childId } = (await show(id)) as Shown & { childId: string };
    await tenant.tick(childId);
    expect((await tenant.inState(childId, 'offered')).length).toBeGreaterThan(0);
    await set(true);
    expect([(await show(id)).state, (await show(childId)).state]).toEqual(['pausing', 'pausing']);
    expect(await tenant.inState(childId, 'offered')).toEqual([]);
    for (const one of [id, childId]) await tenant.tick(one);
    await set(false);
    for (const one of [id, childId]) await tenant.tick(one);
    expect([(await show(id)).state, (await show(childId)).state]).toEqual(['paused', 'paused']);
    expect(await act(await show(id), 'resume')).toMatchObject({ state: 'rolling_back' });
    expect(await show(childId)).toMatchObject({ state: 'running' });
    await tenant.runThrough(childId);
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ state: 'failed', reasonCode: 'rolled_back' });
    expect(await letters('campaign.rollback_finished')).toHaveLength(1);
  });

  it('leaves the return of a campaign that halted meanwhile to people', async () => {
    const id = await tenant.launch(release, { waves: [{ size: { devices: 6 } }, { size: { percent: 100 } }] });
    await tenant.tick(id);
    await report(id, ['installing', 'installing', 'installing']);
    await set(true);
    const busy = await tenant.as((tx) => executionStore.list(tx, id, { state: 'installing' }, null, 10));
    for (const { id: one, deviceId } of busy)
      await tenant.as(async (tx) => {
        const row = (await executionStore.lock(tx, one, deviceId))!;
        const change = { state: 'failed' as const, reasonCode: 'install_failed', reasonDetail: null };
        await executionStore.move(tx, row, change, tenant.now);
      });
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ state: 'halted', childId: null });
    await set(false);
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ state: 'halted', childId: null });
  });
});

describe('a stalled campaign', () => {
  it('is told once, shown with its cause, and forgotten when something moves', async () => {
    const id = await tenant.launch(release, { waves: [{ size: { percent: 100 } }], stepTimeoutS: 30 });
    await tenant.as((tx) => tx.query('update device_state set connected = false where tenant_id = $1', [tenant.id]));
    await tenant.tick(id);
    later(20);
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ stalledSince: null });
    later(60);
    await tenant.tick(id);
    later(899);
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ stalledSince: null });
    later(2);
    await tenant.tick(id);
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ state: 'running', stalledSince: tenant.now.toISOString() });
    const told = await letters('campaign.stalled');
    expect(told.map((it) => it.payload.sentence)).toEqual(['Nothing has moved for 15 minutes with 10 devices to go.']);
    const { steps } = await explain(id);
    expect(steps.map((step: { code: string }) => step.code)).toEqual(expect.arrayContaining(['offline', 'stalled']));

    later(5);
    await tenant.as((tx) => tx.query('update device_state set connected = true where tenant_id = $1', [tenant.id]));
    await tenant.tick(id);
    expect(await show(id)).toMatchObject({ stalledSince: null });
  });
});
