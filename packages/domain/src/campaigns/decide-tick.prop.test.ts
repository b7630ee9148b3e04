import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import { type Fate, fates, TickWorld } from '@muster/testkit/tick-world';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotsTaken } from './count-executions.js';
import { decideTick } from './decide-tick.js';
import { isLive } from './execution.machine.js';

const worlds = fc.record({
  fates: fc.array(
    fc.oneof({ weight: 6, arbitrary: fc.constant<Fate>('good') }, { weight: 2, arbitrary: fc.constantFrom(...fates) }),
    {
      minLength: 3,
      maxLength: 40,
    },
  ),
  sizes: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 0, maxLength: 4 }),
  concurrency: fc.integer({ min: 1, max: 8 }),
  soakS: fc.constantFrom(0, 60),
  autoRollback: fc.boolean(),
});

const run = (world: TickWorld, steps: number, each: (world: TickWorld) => void = () => {}): TickWorld => {
  for (let i = 0; i < steps; i++) {
    world.settle();
    each(world);
    world.report();
    world.now = new Date(world.now.getTime() + 20_000);
  }
  world.settle();
  return world;
};

const atRest: CampaignState[] = ['completed', 'completed_with_stragglers', 'halted', 'rolling_back', 'failed'];

describe('decideTick', () => {
  it('never exceeds the cap, never offers outside running and opened waves, always comes to rest, and ends', () => {
    fc.assert(
      fc.property(worlds, (setup) => {
        const world = run(new TickWorld(setup), 600);
        const live = world.devices.filter((d) => isLive(d.state));
        const dataless = world.waves.some((w) => w.judged === 'no_data');
        expect(live).toEqual([]);
        if (!dataless) expect(atRest).toContain(world.state);
        expect(world.devices.filter((d) => d.everOffered > 1)).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });

  it('touches nobody outside the waves it opened', () => {
    fc.assert(
      fc.property(worlds, (setup) => {
        const world = run(new TickWorld(setup), 200);
        for (const d of world.devices)
          if (world.waves[d.wave - 1]!.opened === null) {
            expect(d.everOffered).toBe(0);
            expect(d.version).toBe('1');
          }
      }),
      { numRuns: 60 },
    );
  });

  it('does not care in which order the facts come', () => {
    fc.assert(
      fc.property(worlds, fc.integer({ min: 0, max: 40 }), fc.infiniteStream(fc.nat()), (setup, steps, noise) => {
        const world = run(new TickWorld(setup), steps);
        const facts = world.facts();
        const shuffle = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => ({ item, key: noise.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ item }) => item);
        const later = new Date(world.now.getTime() + 300_000);
        const shuffled = {
          ...facts,
          waves: shuffle(facts.waves),
          timers: shuffle(facts.timers),
          candidates: shuffle(facts.candidates),
          absent: shuffle(facts.absent),
        };
        expect(decideTick(shuffled, later)).toEqual(decideTick(facts, later));
      }),
      { numRuns: 60 },
    );
  });

  it('offers nothing and opens nothing once braked, whatever the devices do', () => {
    const braked = fc.constantFrom<CampaignState>(
      'pausing',
      'paused',
      'halted',
      'stopping',
      'rolling_back',
      'stopped',
      'failed',
    );
    fc.assert(
      fc.property(worlds, braked, fc.integer({ min: 1, max: 30 }), (setup, state, steps) => {
        const world = run(new TickWorld(setup), steps);
        world.state = state;
        const kinds = decideTick(world.facts(), world.now).map((d) => d.kind);
        expect(kinds).not.toContain('offer');
        expect(kinds).not.toContain('open_wave');
      }),
      { numRuns: 60 },
    );
  });

  it('frees the slot of every device it settles', () => {
    const world = run(
      new TickWorld({
        fates: ['silent', 'good', 'good', 'good'],
        sizes: [4],
        concurrency: 1,
        soakS: 0,
        autoRollback: false,
      }),
      100,
    );
    expect(slotsTaken(world.counts(1))).toBe(0);
    expect(world.counts(1)).toEqual({ in_doubt: 1, queued: 3 });
    expect(world.state).toBe('halted');
  });
});
