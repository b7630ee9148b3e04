import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeClone, noteUse, runOf, type UseTrail } from './judge-clone.js';

const SECOND = 1_000;
const trailOf = (uses: readonly string[], everyMs: number): UseTrail =>
  uses.reduce<UseTrail>((trail, by, turn) => noteUse(trail, { by, at: turn * everyMs }), []);
const judge = (addresses: UseTrail, runs: UseTrail = []) =>
  judgeClone({ addresses, runs }, Math.max(0, addresses.at(-1)?.at ?? 0, runs.at(-1)?.at ?? 0));

const address = fc.ipV4();
const pair = fc.uniqueArray(address, { minLength: 2, maxLength: 2 });
const everyMs = fc.integer({ min: SECOND, max: 60 * SECOND });

describe('two that hold one identity', () => {
  it('are named when they take turns from two addresses', () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 5, max: 30 }), everyMs, ([a, b], turns, ms) => {
        const verdict = judge(
          trailOf(
            Array.from({ length: turns }, (_, turn) => (turn % 2 === 0 ? a! : b!)),
            ms,
          ),
        );
        expect(verdict?.sign).toBe('addresses');
        expect(new Set(verdict!.between)).toEqual(new Set([a, b]));
      }),
    );
  });

  it('are named by their runs from one address, and however seldom they speak', () => {
    fc.assert(
      fc.property(pair, fc.integer({ min: 4, max: 30 }), fc.integer({ min: 5, max: 3600 }), ([a, b], turns, s) => {
        const uses = Array.from({ length: turns }, (_, turn) => (turn % 2 === 0 ? a! : b!));
        const verdict = judge([], trailOf(uses, s * SECOND));
        expect(verdict?.sign).toBe('runs');
        expect(new Set(verdict!.between)).toEqual(new Set([a, b]));
      }),
    );
  });
});

describe('one device is no clone of itself', () => {
  it('wherever it moves, as long as it does not keep coming back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(address, { maxLength: 20 }), everyMs, (addresses, ms) => {
        expect(judge(trailOf(addresses, ms))).toBeNull();
        expect(judge(trailOf([...addresses, ...addresses.slice(0, 2)], ms))).toBeNull();
      }),
    );
  });

  it('however often it falls from one way out to the other, when its heartbeats are of one run', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), everyMs, fc.string(), (addresses, ms, run) => {
        expect(judge(trailOf(addresses, ms), trailOf([run, run], ms))).toBeNull();
      }),
    );
  });

  it('when it falls over and back within hours and not within minutes', () => {
    const turns = Array.from({ length: 20 }, (_, turn) => (turn % 2 === 0 ? 'lte' : 'cable'));
    expect(judge(trailOf(turns, 30 * 60 * SECOND))).toBeNull();
  });

  it('however often it starts anew', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { maxLength: 30 }), everyMs, (boots, ms) => {
        const heartbeats = boots.flatMap((boot) => [boot, boot]);
        expect(judge([], trailOf(heartbeats, ms))).toBeNull();
      }),
    );
  });

  it('when heartbeats overtake each other on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 }), (order) => {
        // Two runs, one after the other at 15; what is older than the newest seen says nothing.
        const trail = order.reduce<UseTrail>(
          (known, at) => noteUse(known, { by: at < 15 ? 'first' : 'second', at }),
          [],
        );
        expect(judge([], trail)).toBeNull();
        expect(trail.length).toBeLessThanOrEqual(2);
      }),
    );
  });
});

describe('the run of a heartbeat', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it('is its boot id, else when it started, within what clocks wander', () => {
    expect(runOf({ bootId: 'b1', uptimeS: 4, producedAt: now }, now, [])).toBe('boot b1');
    const first = runOf({ uptimeS: 100, producedAt: now }, now, [])!;
    const trail = [{ by: first, at: now }];
    expect(runOf({ uptimeS: 163, producedAt: now + 60_000 }, now + 60_000, trail)).toBe(first);
    expect(runOf({ uptimeS: 5, producedAt: now + 60_000 }, now + 60_000, trail)).not.toBe(first);
  });

  it('is unknown where the clock is wrong, or the heartbeat waited in a buffer, or nothing tells', () => {
    expect(runOf({ bootId: 'b1', producedAt: 1_000 }, now, [])).toBeNull();
    expect(runOf({ bootId: 'b1', producedAt: now - 61_000 }, now, [])).toBeNull();
    expect(runOf({ producedAt: now }, now, [])).toBeNull();
  });

  it('is one run for any sequence of heartbeats of one start', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100_000 })),
        fc.integer({ min: -5, max: 5 }),
        (uptimes, wander) => {
          let trail: UseTrail = [];
          for (const uptimeS of uptimes.sort((a, b) => a - b)) {
            const at = now + uptimeS * SECOND;
            const run = runOf({ uptimeS: uptimeS + wander * (uptimeS % 2), producedAt: at }, at, trail)!;
            trail = noteUse(trail, { by: run, at });
          }
          expect(trail.length).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
