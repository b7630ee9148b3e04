import type { WaveSize } from '@muster/contracts/campaigns/plans.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { siteAllowance, smallestPercent, starvedSites } from './site-budget.js';

const percent = fc.integer({ min: 1, max: 10_000 }).map((n): WaveSize => ({ percent: n / 100 }));
const sites = fc.uniqueArray(
  fc.record({ site: fc.string({ minLength: 1, maxLength: 8 }), targets: fc.integer({ min: 0, max: 5000 }) }),
  { selector: (s) => s.site, maxLength: 20 },
);

describe('siteAllowance', () => {
  it('never lets more of a site update than its share, and grows with the site', () => {
    fc.assert(
      fc.property(percent, fc.integer({ min: 0, max: 100_000 }), (budget, targets) => {
        const allowed = siteAllowance(budget, targets);
        expect(allowed).toBeLessThanOrEqual(targets);
        expect(siteAllowance(budget, targets + 1)).toBeGreaterThanOrEqual(allowed);
      }),
    );
  });

  it.each([
    [{ percent: 10 }, 9, 0],
    [{ percent: 10 }, 10, 1],
    [{ percent: 33 }, 3, 0],
    [{ percent: 33.34 }, 3, 1],
    [{ percent: 0.3 }, 1000, 3],
    [{ devices: 2 }, 1, 2],
  ] as const)('%o of %i targets allows %i at once', (budget, targets, allowed) => {
    expect(siteAllowance(budget, targets)).toBe(allowed);
  });
});

describe('starvedSites', () => {
  it('names exactly the sites with targets that get nothing, whatever order they come in', () => {
    fc.assert(
      fc.property(percent, sites, (budget, all) => {
        const starved = starvedSites(budget, all);
        const fed = all.filter((s) => s.targets > 0 && !starved.some((x) => x.site === s.site));
        expect(fed.every((s) => siteAllowance(budget, s.targets) >= 1)).toBe(true);
        expect(starved.every((s) => siteAllowance(budget, s.targets) === 0)).toBe(true);
        expect(starvedSites(budget, [...all].reverse())).toEqual(starved);
      }),
    );
  });

  it('starves nobody under the smallest percent it proposes, and somebody under a hundredth less', () => {
    fc.assert(
      fc.property(sites, (all) => {
        const least = smallestPercent(all);
        if (least === 0) return;
        expect(starvedSites({ percent: least }, all)).toEqual([]);
        if (least > 0.01) expect(starvedSites({ percent: least - 0.01 }, all)).not.toEqual([]);
      }),
    );
  });

  it('starves nobody with a number of devices', () => {
    expect(starvedSites({ devices: 1 }, [{ site: 'a', targets: 1 }])).toEqual([]);
  });
});
