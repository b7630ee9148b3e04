import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openControl } from './control.harness.js';

let test: TestDatabase;
let control: Awaited<ReturnType<typeof openControl>>;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  control = await openControl(test);
  const { tenant } = control;
  await tenant.as(async (tx) => {
    await tx.query(`insert into sites (tenant_id, name, timezone) values ($1, 'berlin', 'Europe/Berlin')`, [tenant.id]);
    await tx.query(`update devices set site = 'berlin' where tenant_id = $1`, [tenant.id]);
    await tx.query(`insert into twins (tenant_id, device_id) select tenant_id, id from devices where tenant_id = $1`, [
      tenant.id,
    ]);
  });
  return control.close;
});

/** The turn of the one device that is still waiting last in line. */
const turn = async (id: string) => {
  const waiting = (await control.tenant.inState(id, 'queued')).at(-1)!;
  const answer = await control.manager().get(`/devices/${waiting.deviceId}/explanation`);
  const step = answer.json().steps.find((it: { title: string }) => it.title === 'Its turn');
  return { code: step.code, detail: step.detail };
};
const everything = { waves: [{ size: { percent: 100 } }], concurrency: 3 };

describe('a device that waits', () => {
  it('names the cap, the penalty, the freeze and the kill switch, each with its end', async () => {
    const { tenant, api, release } = control;
    const id = await tenant.launch(release, everything);
    await tenant.tick(id);
    expect(await turn(id)).toMatchObject({ code: 'concurrency_cap' });
    const until = new Date(tenant.now.getTime() + 3_600_000);
    await tenant.as((tx) =>
      tx.query('update devices set updates_blocked_until = $2 where tenant_id = $1', [tenant.id, until]),
    );
    expect(await turn(id)).toEqual({
      code: 'blocked',
      detail: 'Its updates failed again and again; nothing is offered before 2026-03-01 11:00 UTC.',
    });
    await tenant.as((tx) =>
      tx.query('update devices set updates_blocked_until = null where tenant_id = $1', [tenant.id]),
    );
    await api.as('operator').post('/freezes', {
      name: 'stocktaking',
      startsAt: tenant.now.toISOString(),
      endsAt: until.toISOString(),
    });
    expect(await turn(id)).toEqual({
      code: 'frozen',
      detail: 'The freeze stocktaking holds every offer back until 2026-03-01 11:00 UTC.',
    });
    expect((await control.explain(id)).steps.map((step: { code: string }) => step.code)).toContain('frozen');
    await api.as('operator').post('/kill-switch', { engaged: true, reason: 'smoke' });
    expect(await turn(id)).toEqual({
      code: 'kill_switch',
      detail: 'The kill switch was engaged by operator: smoke. Nothing is offered until it is released.',
    });
  });

  it('names the opening of its window on its own clock', async () => {
    const { tenant, release } = control;
    // Sunday, 1 March 2026, 10:00 UTC; Berlin is an hour ahead.
    const windows = [{ days: ['mon' as const], from: '22:30', minutes: 60, timezone: 'device' }];
    const id = await tenant.launch(release, { ...everything, windows });
    await tenant.tick(id);
    expect(await turn(id)).toEqual({
      code: 'window_closed',
      detail: 'The maintenance window is closed; it opens Mon 02 Mar, 22:30 (Europe/Berlin).',
    });
    const explained = await control.explain(id);
    expect(explained.sentence).toContain(
      'No maintenance window is open for a waiting device; the next one opens 2026-03-02 21:30 UTC.',
    );
    control.later(5_000);
    await tenant.tick(id);
    expect(await control.show(id)).toMatchObject({ state: 'running', stalledSince: null });
  });
});
