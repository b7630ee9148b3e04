import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { TickWorld } from '@muster/testkit/tick-world';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideTick } from './decide-tick.js';
import { explainDecision } from './explain-decision.js';
import { judgeStall, patienceS } from './judge-stall.js';
import type { ProgressFacts, TickDecision, TickFacts } from './tick-facts.js';

const start = new Date('2026-01-01T00:00:00.000Z');
const at = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);

const facts = (states: Partial<Record<ExecutionState, number>>, change: Partial<ProgressFacts> = {}): TickFacts => {
  const world = new TickWorld({ fates: ['good'], sizes: [1], concurrency: 3, soakS: 0, autoRollback: false });
  world.state = 'running';
  const base = world.facts();
  return {
    ...base,
    waves: base.waves.map((wave) => ({ ...wave, state: 'open', counts: states })),
    progress: { movedAt: start, stalledAt: null, waitsFor: null, ...change },
  };
};
const says = (decisions: TickDecision[]): boolean =>
  decisions.some((it) => it.kind === 'stall' && it.decision !== null);

describe('a stall', () => {
  it('is said when work is left and nothing has moved for long, with how long and how many', () => {
    const still = facts({ queued: 7, succeeded: 3 });
    expect(judgeStall(still, at(899))).toEqual([]);
    const [said] = judgeStall(still, at(960)) as [Extract<TickDecision, { kind: 'stall' }>];
    expect(explainDecision(said.decision!)).toBe('Nothing has moved for 16 minutes with 7 devices to go.');
  });

  it('is said once, and taken back when something moves or nobody expects it to move', () => {
    const told = { stalledAt: at(900) };
    expect(judgeStall(facts({ queued: 7 }, told), at(99_999))).toEqual([]);
    expect(judgeStall(facts({ queued: 7 }, { ...told, movedAt: at(950) }), at(960))).toEqual([
      { kind: 'stall', decision: null },
    ]);
    const paused = facts({ queued: 7 }, told);
    expect(judgeStall({ ...paused, campaign: { ...paused.campaign, state: 'paused' } }, at(999))).toEqual([
      { kind: 'stall', decision: null },
    ]);
  });

  it('is no stall while a device updates, a soak runs, a window is closed or everything is stopped', () => {
    expect(judgeStall(facts({ queued: 7, downloading: 1 }), at(9999))).toEqual([]);
    expect(judgeStall(facts({ queued: 7 }, { waitsFor: 'window_closed' }), at(9999))).toEqual([]);
    const soaking = facts({ queued: 7, succeeded: 1 });
    const waves = soaking.waves.map((wave) => ({ ...wave, state: 'soaking' as const, soakUntil: at(20_000) }));
    expect(judgeStall({ ...soaking, waves }, at(9999))).toEqual([]);
    expect(says(judgeStall({ ...soaking, waves }, at(20_001)))).toBe(true);
    const killed = facts({ queued: 7 });
    expect(judgeStall({ ...killed, campaign: { ...killed.campaign, killed: true } }, at(9999))).toEqual([]);
  });

  it('gives devices that soak their own time first', () => {
    const soaking = { ...facts({ soaking: 2, queued: 1 }) };
    const plan = { ...soaking.plan, deviceSoakS: 3600 };
    expect(judgeStall({ ...soaking, plan }, at(3600 + 899))).toEqual([]);
    expect(says(judgeStall({ ...soaking, plan }, at(3600 + 900)))).toBe(true);
  });

  it('needs twice a step’s time where a step may take long', () => {
    expect(patienceS(60)).toBe(900);
    expect(patienceS(900)).toBe(1800);
  });

  it('is never said of a campaign that has nothing left to do, or before its time', () => {
    fc.assert(
      fc.property(
        fc.record({ succeeded: fc.nat(5), failed: fc.nat(5), queued: fc.nat(3), verifying: fc.nat(2) }),
        fc.integer({ min: 0, max: 5000 }),
        (counts, quiet) => {
          const given = facts(counts);
          const waves = given.waves.map((wave) => ({ ...wave, state: 'passed' as const }));
          const said = says(judgeStall({ ...given, waves }, at(quiet)));
          expect(said).toBe(counts.queued > 0 && counts.verifying === 0 && quiet >= 900);
        },
      ),
    );
  });
});

describe('the kill switch', () => {
  it('offers nothing, opens nothing, begins nothing and returns nothing, whatever the state', () => {
    const setups = fc.record({
      fates: fc.array(fc.constantFrom('good' as const, 'fails' as const, 'absent' as const), {
        minLength: 3,
        maxLength: 20,
      }),
      sizes: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
      concurrency: fc.integer({ min: 1, max: 5 }),
      soakS: fc.constant(0),
      autoRollback: fc.boolean(),
    });
    const any = fc.constantFrom('preparing', 'running', 'held', 'halted', 'paused', 'pausing', 'rolling_back' as const);
    fc.assert(
      fc.property(setups, any, fc.integer({ min: 0, max: 20 }), (setup, state, steps) => {
        const world = new TickWorld(setup);
        for (let i = 0; i < steps; i++) {
          world.settle();
          world.report();
          world.now = new Date(world.now.getTime() + 20_000);
        }
        const base = world.facts();
        const killed = { ...base, campaign: { ...base.campaign, state, killed: true } } as TickFacts;
        const kinds = decideTick(killed, world.now).map((it) => it.kind);
        for (const kind of ['offer', 'open_wave', 'start', 'retry', 'start_rollback'])
          expect(kinds).not.toContain(kind);
      }),
      { numRuns: 80 },
    );
  });
});
