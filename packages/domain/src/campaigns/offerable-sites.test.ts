import { type MaintenanceWindow, weekdays } from '@muster/contracts/campaigns/plans.schema';
import { describe, expect, it } from 'vitest';
import { explainWaits } from './explain-waits.js';
import { type FreezeFacts, offerableSites, paceWaits, type SiteFacts, waitOf } from './offerable-sites.js';

const now = new Date('2026-06-01T20:30:00Z'); // 22:30 in Berlin, 16:30 in New York
const berlin: SiteFacts = { site: 'berlin', timezone: 'Europe/Berlin', targets: 10, load: 0 };
const york: SiteFacts = { site: 'york', timezone: 'America/New_York', targets: 10, load: 0 };
const nowhere: SiteFacts = { site: '', timezone: 'UTC', targets: 5, load: 0 };
const evenings: MaintenanceWindow = { days: [...weekdays], from: '22:00', minutes: 120, timezone: 'device' };
const freeze = (sites: string[] | null, hours = 1): FreezeFacts => ({
  name: `freeze for ${hours} h`,
  endsAt: new Date(now.getTime() + hours * 3_600_000),
  sites,
});
const names = (found: readonly { site: string }[]): string[] => found.map(({ site }) => site);

describe('offerableSites', () => {
  it('are all of them when nothing holds anything back', () => {
    const sites = [berlin, york, nowhere];
    expect(offerableSites({}, { sites, freezes: [] }, now)).toEqual(sites.map(({ site }) => ({ site, room: null })));
    expect(names(offerableSites({ windows: [] }, { sites, freezes: [] }, now))).toHaveLength(3);
  });

  it('are those in an open window', () => {
    const pace = { sites: [berlin, york, nowhere], freezes: [] };
    expect(names(offerableSites({ windows: [evenings] }, pace, now))).toEqual(['berlin']);
  });

  it('are not those under a freeze, which may be everywhere or of some sites', () => {
    const sites = [berlin, york, nowhere];
    expect(names(offerableSites({}, { sites, freezes: [freeze(['york'])] }, now))).toEqual(['berlin', '']);
    expect(offerableSites({}, { sites, freezes: [freeze(['york']), freeze(null)] }, now)).toEqual([]);
  });

  it('have room for what the budget leaves, at least one, and any number where devices have no site', () => {
    const sites = [
      { ...berlin, load: 1 },
      { ...york, load: 3 },
      { ...nowhere, load: 99 },
    ];
    expect(offerableSites({ siteBudget: { percent: 30 } }, { sites, freezes: [] }, now)).toEqual([
      { site: 'berlin', room: 2 },
      { site: '', room: null },
    ]);
    const small = { sites: [{ ...berlin, targets: 1 }], freezes: [] };
    expect(offerableSites({ siteBudget: { percent: 10 } }, small, now)).toEqual([{ site: 'berlin', room: 1 }]);
  });
});

describe('why a site waits', () => {
  it('is told with the strongest reason first, and with when it is over', () => {
    const plan = { windows: [evenings], siteBudget: { devices: 1 } };
    const full = { ...york, load: 1 };
    expect(waitOf(plan, [freeze(null), freeze(['york'], 3)], full, now)).toEqual({
      code: 'frozen',
      name: 'freeze for 3 h',
      until: new Date('2026-06-01T23:30:00Z'),
    });
    expect(waitOf(plan, [], full, now)).toMatchObject({
      code: 'outside_window',
      next: { opensAt: new Date('2026-06-02T02:00:00Z') },
    });
    expect(waitOf(plan, [], { ...berlin, load: 1 }, now)).toEqual({ code: 'site_budget', allowance: 1, load: 1 });
    expect(waitOf(plan, [], berlin, now)).toBeNull();
  });

  it('is told of a campaign only when it holds every site with waiting devices back', () => {
    const plan = { windows: [evenings] };
    expect(paceWaits(plan, { sites: [berlin, york], freezes: [] }, now)).toMatchObject({ window: null, held: false });
    expect(paceWaits(plan, { sites: [york, nowhere], freezes: [] }, now)).toEqual({
      freeze: null,
      // Without a site the zone is UTC, and its evening comes first.
      window: { opensAt: new Date('2026-06-01T22:00:00Z') },
      fullSites: [],
      held: true,
    });
    expect(paceWaits(plan, { sites: [york, berlin], freezes: [freeze(['berlin'])] }, now)).toMatchObject({
      freeze: null,
      window: { opensAt: new Date('2026-06-02T02:00:00Z') },
      held: true,
    });
    expect(paceWaits({}, { sites: [york, berlin], freezes: [freeze(null, 2)] }, now)).toMatchObject({
      freeze: { name: 'freeze for 2 h' },
      window: null,
      held: true,
    });
    expect(paceWaits({}, { sites: [], freezes: [freeze(null)] }, now)).toMatchObject({ held: false });
  });

  it('names the sites whose budget is used up, also while others go on', () => {
    const plan = { siteBudget: { devices: 2 } };
    const sites = [{ ...berlin, load: 2 }, york];
    expect(paceWaits(plan, { sites, freezes: [] }, now)).toMatchObject({ fullSites: ['berlin'], held: false });
  });

  it('counts devices that deferred by the reason they gave', () => {
    const [step] = explainWaits({
      deferred: [
        { code: 'battery_low', count: 8 },
        { code: 'window_closed', count: 4 },
      ],
    });
    expect(step).toMatchObject({
      code: 'deferred',
      detail: '12 devices deferred (battery low 8, window closed 4); each is asked again when it said.',
      facts: { reasons: { battery_low: 8, window_closed: 4 } },
    });
  });
});
