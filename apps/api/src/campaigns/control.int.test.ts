import { audit } from '@muster/persistence/audit/audit.store';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { startScheduled } from '@muster/persistence/campaigns/start-scheduled';
import { smallPlan } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openControl } from './control.harness.js';

type Control = Awaited<ReturnType<typeof openControl>>;

let test: TestDatabase;
let tenant: Control['tenant'];
let report: Control['report'];
let api: Control['api'];
let release: Control['release'];
let draft: Control['draft'];
let act: Control['act'];
let patch: Control['patch'];
let show: Control['show'];
let letters: Control['letters'];
let later: Control['later'];

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  const control = await openControl(test);
  ({ tenant, api, release, draft, act, patch, show, letters, later, report } = control);
  return control.close;
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

  it('comes at once for a large fleet, whose freezing nobody waits for', async () => {
    const small = await draft({ waves: [{ size: { devices: 10 } }] });
    await tenant.as((tx) =>
      tx.execute(
        `insert into devices (tenant_id, id, name, serial, model, class, state, firmware_version)
         select tenant_id, gen_random_uuid(), 'many-' || n, 'many-' || n, model, class, 'active', '1.0.0'
         from devices, generate_series(1, 5000) n where serial = (select min(serial) from devices)`,
      ),
    );
    expect(await act(small, 'launch')).toMatchObject({ code: 'plan_uncovering' });
    const launched = await act(await draft(), 'launch');
    expect(launched).toMatchObject({ state: 'scheduled', reasonCode: 'freezing', targets: 0 });
    expect(launched.sentence).toBe(
      'Starting: who is a target is being written down, which takes a while for a large fleet.',
    );
    expect(await due(launched.id)).toBe(true);
    expect(await show(launched.id)).toMatchObject({ state: 'preparing', targets: 5010 });
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

describe('a pause', () => {
  it('lets soak clocks stand from its first moment, while devices are still finishing too', async () => {
    const gate = { ...smallPlan.gate, soakS: 600 };
    const id = await tenant.launch(release, { waves: [{ size: { percent: 100 } }], concurrency: 10, gate });
    await tenant.tick(id);
    await report(id, [...Array(9).fill('soaking'), 'installing']);
    later(15);
    await tenant.as(async (tx) => {
      await tx.query(`update device_state set last_seen_at = $1 where tenant_id = $2`, [tenant.now, tenant.id]);
      await tx.query(`update devices set firmware_version = '2.0.0' where tenant_id = $1`, [tenant.id]);
    });
    await tenant.tick(id);
    const soaking = await show(id);
    expect(soaking.waves).toMatchObject([{ state: 'soaking', soakUntil: '2026-03-01T10:10:15.000Z' }]);
    await act(soaking, 'pause');
    later(100);
    await tenant.as(async (tx) => {
      const [busy] = await executionStore.list(tx, id, { state: 'installing' }, null, 1);
      const row = (await executionStore.lock(tx, busy!.id, busy!.deviceId))!;
      await executionStore.move(tx, row, { state: 'rejected', reasonCode: null, reasonDetail: null }, tenant.now);
    });
    await tenant.tick(id);
    const paused = await show(id);
    expect(paused).toMatchObject({ state: 'paused' });
    later(200);
    expect((await act(paused, 'resume')).waves).toMatchObject([{ soakUntil: '2026-03-01T10:15:15.000Z' }]);
  });
});
