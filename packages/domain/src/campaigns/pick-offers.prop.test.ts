import { type MaintenanceWindow, weekdays } from '@muster/contracts/campaigns/plans.schema';
import { TickWorld } from '@muster/testkit/tick-world';
import type { WorldPace } from '@muster/testkit/world-pace';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdsSlot } from './execution.machine.js';
import { pickOffers } from './pick-offers.js';
import type { CandidateFacts } from './tick-facts.js';

const start = Date.UTC(2026, 0, 1);
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'] as const;
const sites = zones.map((timezone, i) => ({ site: `s${i}`, timezone }));

/** Opens every day, so that everybody has a turn. */
const daily = fc.record({ hour: fc.integer({ min: 0, max: 23 }), minutes: fc.integer({ min: 60, max: 600 }) }).map(
  ({ hour, minutes }): MaintenanceWindow => ({
    days: [...weekdays],
    from: `${String(hour).padStart(2, '0')}:15`,
    minutes,
    timezone: 'device',
  }),
);
const freeze = fc
  .record({
    from: fc.integer({ min: -3_600, max: 40_000 }),
    lasts: fc.integer({ min: 600, max: 50_000 }),
    sites: fc.option(
      fc.subarray(
        sites.map(({ site }) => site),
        { minLength: 1 },
      ),
    ),
  })
  .map(({ from, lasts, sites: where }) => ({
    name: 'freeze',
    startsAt: new Date(start + from * 1000),
    endsAt: new Date(start + (from + lasts) * 1000),
    sites: where,
  }));

const paces: fc.Arbitrary<WorldPace> = fc.record(
  {
    sites: fc.subarray(sites, { minLength: 1 }),
    freezes: fc.array(freeze, { maxLength: 3 }),
    ratePerMinute: fc.option(fc.integer({ min: 1, max: 6 })),
    deferrals: fc.array(fc.constantFrom(0, 0, 1, 3), { minLength: 1, maxLength: 7 }),
    windows: fc.array(daily, { minLength: 1, maxLength: 2 }),
    siteBudget: fc.oneof(
      fc.record({ devices: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ percent: fc.integer({ min: 1, max: 60 }) }),
    ),
  },
  { requiredKeys: ['sites', 'freezes', 'ratePerMinute', 'deferrals'] },
);

const worlds = fc.record({
  fates: fc.integer({ min: 3, max: 25 }).map((n) => Array.from({ length: n }, () => 'good' as const)),
  sizes: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
  soakS: fc.constant(0),
  autoRollback: fc.constant(false),
  pace: paces,
});

/** Twenty seconds at a time while somebody is busy, a quarter of an hour while everybody waits. */
function runDays(world: TickWorld, days: number): void {
  const end = start + days * 86_400_000;
  while (world.now.getTime() < end && world.state !== 'completed') {
    world.settle();
    world.report();
    const busy = world.devices.some((d) => holdsSlot(d.state) || d.state === 'soaking');
    world.now = new Date(world.now.getTime() + (busy ? 20_000 : 900_000));
  }
}

describe('pickOffers among windows, freezes, budgets and devices that defer', () => {
  it('never goes over the cap, the rate or a site’s allowance, never into a closed window or a freeze, and misses nobody', () => {
    fc.assert(
      fc.property(worlds, (setup) => {
        const world = new TickWorld(setup);
        runDays(world, 12);
        expect(world.state).toBe('completed');
        expect(world.devices.filter((d) => d.version !== '2')).toEqual([]);
        // Each deferral is followed by another offer, and nothing else is.
        const asked = setup.fates.map((_, i) => 1 + setup.pace.deferrals[i % setup.pace.deferrals.length]!);
        expect(world.devices.map((d) => d.everOffered)).toEqual(asked);
      }),
      { numRuns: 30 },
    );
  }, 30_000);

  it('gives one turn in four to devices that deferred while others wait for their first, whatever the room', () => {
    const world = new TickWorld({
      fates: Array.from({ length: 8 }, () => 'good' as const),
      sizes: [],
      concurrency: 1,
      soakS: 0,
      autoRollback: false,
    });
    world.settle();
    for (const d of world.devices) d.state = 'queued';
    const candidates = Array.from(
      { length: 8 },
      (_, i): CandidateFacts => ({
        executionId: `e${i}`,
        wave: 1,
        position: i,
        wantedVersion: '2',
        reportedVersion: '1',
        deferred: i >= 4,
        notBefore: new Date(start - i * 1000),
      }),
    );
    const offered = Array.from({ length: 16 }, (_, second) => {
      const facts = { ...world.facts(), candidates, offeredLastMinute: 0 };
      const [decision] = pickOffers(facts, new Date(start + second * 1000));
      return decision?.kind === 'offer' ? decision.executionIds[0]! : '';
    });
    expect(offered.filter((id) => id === 'e0')).toHaveLength(12);
    expect(offered.filter((id) => id === 'e7')).toHaveLength(4);
  });

  it('offers nothing to who may not be asked yet', () => {
    const world = new TickWorld({ fates: ['good'], sizes: [], concurrency: 5, soakS: 0, autoRollback: false });
    world.settle();
    for (const d of world.devices) d.state = 'queued';
    const facts = world.facts();
    const later = { ...facts, candidates: facts.candidates.map((c) => ({ ...c, notBefore: new Date(start + 1) })) };
    expect(pickOffers(later, new Date(start))).toEqual([]);
    expect(pickOffers(later, new Date(start + 1))).toMatchObject([{ kind: 'offer' }]);
  });
});
