import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { startScheduled } from '@muster/persistence/campaigns/start-scheduled';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openControl, type Shown } from './control.harness.js';

type Control = Awaited<ReturnType<typeof openControl>>;

let test: TestDatabase;
let tenant: Control['tenant'];
let api: Control['api'];
let release: Control['release'];
let manager: Control['manager'];
let draft: Control['draft'];
let act: Control['act'];
let show: Control['show'];
let explain: Control['explain'];
let letters: Control['letters'];
let later: Control['later'];
let report: Control['report'];
let states: Control['states'];

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  const control = await openControl(test);
  ({ tenant, api, release, manager, draft, act, show, explain, letters, later, report, states } = control);
  return control.close;
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
    await set(false);
    expect(await show(scheduled.id)).toMatchObject({ state: 'draft', reasonCode: 'start_missed' });
    await set(true);
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
    expect(paused).toMatchObject({
      state: 'paused',
      reasonCode: 'kill_switch',
      reasonDetail: 'smoke',
      currentWave: null,
    });
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

describe('a return that fails', () => {
  it('stops, and pages for itself and for the campaign it was to undo', async () => {
    const id = await tenant.launch(release, { waves: [{ size: { percent: 100 } }], concurrency: 10 });
    let seen = 0;
    await tenant.runThrough(id, () => ++seen % 3 === 0);
    const { childId } = (await show(id)) as Shown & { childId: string };
    await tenant.runThrough(childId, () => true);
    await tenant.tick(id);
    expect(await show(childId)).toMatchObject({ state: 'halted' });
    expect(await show(id)).toMatchObject({ state: 'halted', reasonCode: 'rollback_failed' });
    const pages = (await letters('campaign.halted')).map(({ payload }) => [payload.campaignId, payload.failed]);
    expect(pages).toEqual([
      [id, undefined],
      [childId, 'rollback'],
      [id, 'rollback'],
    ]);
    // Nobody starts a return of the return.
    await tenant.tick(childId);
    await tenant.tick(id);
    expect(await show(childId)).toMatchObject({ state: 'halted', childId: null });
  });
});
