import { FakeClock } from '@muster/testkit/fake-clock';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCampaigns } from './campaigns.harness.js';

let c: Awaited<ReturnType<typeof openCampaigns>>;

beforeAll(async () => {
  c = await openCampaigns(new FakeClock('2026-05-04T10:00:00.000Z'));
});
afterAll(() => c.close());

describe('what a preview says of the targets', () => {
  it('counts each reason of an exclusion and names the numbers', async () => {
    const name = 'staged';
    await c.release('1.5.0', { name, passThrough: true });
    const wanted = await c.release('2.0.0', {
      name,
      minVersion: '0.9.0',
      revisions: ['A'],
      supportUntil: '2026-01-01',
    });
    const site = 'reasons';
    await c.devices(2, site, { version: '1.6.0', revision: 'A' });
    await c.devices(1, site, { version: '1.0.0', revision: 'A' });
    await c.devices(1, site, { version: '0.8.0', revision: 'A' });
    await c.devices(1, site, { version: '2.1.0', revision: 'A' });
    await c.devices(1, site, { version: '1.6.0', revision: 'B' });
    await c.devices(1, site, { version: 'factory', revision: 'A' });
    const preview = await c.post('/campaigns/preview', c.draft(wanted, { site: [site] }));
    const reasons = preview.exclusions.map((e: { reasonCode: string; sample: { reasonDetail: string }[] }) => [
      e.reasonCode,
      e.sample[0]!.reasonDetail,
    ]);
    expect(Object.fromEntries(reasons)).toEqual({
      must_pass_through: 'runs 1.0.0; 1.5.0 comes before 2.0.0',
      below_min_version: 'runs 0.8.0; 2.0.0 can be put on 0.9.0 and above',
      downgrade_refused: 'runs 2.1.0, newer than 2.0.0',
      hardware_incompatible: 'the release is for revision A; not B',
    });
    expect(preview).toMatchObject({ matched: 7, eligible: 3, bytes: 3000, supersedes: null });
    const problems = preview.problems.map((p: { code: string; severity: string }) => [p.code, p.severity]);
    expect(problems).toEqual([
      ['release_support_ended', 'warning'],
      ['versions_not_comparable', 'warning'],
    ]);
    const down = await c.post('/campaigns/preview', c.draft(wanted, { site: [site] }, { allowDowngrade: true }));
    expect(down.eligible).toBe(4);
  });

  it('names ids that are no device, and no draft is made of them', async () => {
    const [known] = await c.devices(1, 'listed');
    const strangers = Array.from({ length: 21 }, () => uuidv7());
    const body = c.draft(await c.release('2.0.0'), { ids: [known, ...strangers] });
    const preview = await c.post('/campaigns/preview', body);
    expect(preview.problems).toEqual([
      { code: 'unknown_devices', detail: expect.stringMatching(/^21 of the ids are no device: /), severity: 'refusal' },
    ]);
    expect(preview.problems[0].detail).toContain(strangers[19]);
    expect(preview.problems[0].detail).not.toContain(strangers[20]);
    const refused = await c.post('/campaigns', body);
    expect(refused).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/selector/ids' }] });
  });

  it('refuses a budget that starves a site and a window in no zone, at the draft and at the launch', async () => {
    const id = await c.release('2.0.0');
    await c.devices(3, 'small');
    const starving = c.draft(id, { site: ['small'] }, { siteBudget: { percent: 20 } });
    expect(await c.post('/campaigns', starving)).toMatchObject({
      code: 'budget_starves_site',
      detail: '20% lets no device update at small (3): it takes 33.34% or a number of devices.',
    });
    const window = { days: ['mon'], from: '22:00', minutes: 60, timezone: 'Europe/Atlantis' };
    expect((await c.post('/campaigns', c.draft(id, { site: ['small'] }, { windows: [window] }))).code).toBe(
      'plan_invalid',
    );

    await c.devices(10, 'shrinks');
    const fits = await c.post('/campaigns', c.draft(id, { site: ['shrinks'] }, { siteBudget: { percent: 10 } }));
    await c.sql(
      `update devices set state = 'quarantined' where id = (select id from devices where site = 'shrinks' limit 1)`,
    );
    expect((await c.act(fits, 'launch')).code).toBe('budget_starves_site');
    expect(await c.get(fits.id)).toMatchObject({ state: 'draft', targets: 0 });
  });
});
