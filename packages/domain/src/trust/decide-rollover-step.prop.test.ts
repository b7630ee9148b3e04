import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideRolloverStep,
  nextRolloverSteps,
  phaseOf,
  type RolloverFacts,
  rolloverWaitsFor,
} from './decide-rollover-step.js';
import { generation, isTrusted } from './generation.machine.js';
import { judgeGate } from './judge-gate.js';
import { type RolloverStep, rollover } from './rollover.machine.js';

const start = (kind: RolloverFacts['kind']): RolloverFacts => ({
  kind,
  state: 'open',
  from: 'issuing',
  to: 'created',
  share: 0,
  gate: judgeGate({ seen: 10, acknowledged: 0 }),
  certificatesOnOld: 0,
  oldEnded: false,
});

/** What happens around a rollover between its steps. */
const world = fc.record({
  seen: fc.nat(1000),
  acknowledged: fc.nat(1000),
  certificatesOnOld: fc.nat(3),
  oldEnded: fc.boolean(),
});
const move = fc.record({
  step: fc.constantFrom(...rollover.events) as fc.Arbitrary<RolloverStep>,
  share: fc.constantFrom(0, 1, 10, 50, 100),
  world,
});
const walks = fc.record({
  kind: fc.constantFrom('root' as const, 'device' as const),
  moves: fc.array(move, { maxLength: 12 }),
});

type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

const walk = (
  kind: RolloverFacts['kind'],
  moves: readonly Move[],
  look: (before: RolloverFacts, after: RolloverFacts) => void,
): RolloverFacts => {
  let facts = start(kind);
  for (const { step, share, world } of moves) {
    const { seen, certificatesOnOld, oldEnded } = world;
    const gate = judgeGate({ seen, acknowledged: Math.min(seen, world.acknowledged) });
    const before = { ...facts, gate, certificatesOnOld, oldEnded };
    const verdict = decideRolloverStep(before, step, share);
    facts = verdict.ok ? { ...before, ...verdict.value } : before;
    if (verdict.ok) look(before, facts);
  }
  return facts;
};

describe('a rollover', () => {
  it('always has exactly one generation that issues, and what issued before is trusted until the rollover is done', () => {
    fc.assert(
      fc.property(walks, ({ kind, moves }) => {
        walk(kind, moves, (_before, { from, to, state }) => {
          expect([from, to].filter((one) => one === 'issuing')).toHaveLength(1);
          if (state !== 'done') expect(isTrusted(from)).toBe(true);
        });
      }),
    );
  });

  it('switches to the new generation only behind an open gate, and retires the old one only when nothing needs it', () => {
    fc.assert(
      fc.property(walks, ({ kind, moves }) => {
        walk(kind, moves, (before, after) => {
          if (before.to !== 'issuing' && after.to === 'issuing') expect(before.gate.open).toBe(true);
          if (after.from === 'retired') expect(before.certificatesOnOld === 0 || before.oldEnded).toBe(true);
        });
      }),
    );
  });

  it('can be taken back from every step before the end, and then the old generation issues', () => {
    fc.assert(
      fc.property(walks, ({ kind, moves }) => {
        const facts = walk(kind, moves, () => {});
        const verdict = decideRolloverStep(facts, 'roll_back');
        expect(verdict.ok).toBe(facts.state === 'open');
        if (verdict.ok) expect(verdict.value).toMatchObject({ state: 'rolled_back', from: 'issuing' });
      }),
    );
  });

  it('asks no fewer devices from wave to wave, and a step repeated changes nothing or is refused', () => {
    fc.assert(
      fc.property(walks, fc.constantFrom(0, 1, 10, 50, 100), ({ kind, moves }, share) => {
        const facts = walk(kind, moves, (before, after) => expect(after.share).toBeGreaterThanOrEqual(before.share));
        for (const step of rollover.events) {
          const once = decideRolloverStep(facts, step, share);
          if (once.ok) expect(decideRolloverStep({ ...facts, ...once.value }, step, share).ok).toBe(false);
        }
      }),
    );
  });

  it('names as next steps exactly those it would take, and says what it waits for while it is open', () => {
    fc.assert(
      fc.property(walks, ({ kind, moves }) => {
        const facts = walk(kind, moves, () => {});
        for (const step of rollover.events)
          expect(nextRolloverSteps(facts).includes(step)).toBe(decideRolloverStep(facts, step, 100).ok);
        expect(rolloverWaitsFor(facts) === null).toBe(facts.state !== 'open');
      }),
    );
  });

  it('moves generations only as their own table allows', () => {
    fc.assert(
      fc.property(walks, ({ kind, moves }) => {
        walk(kind, moves, (before, after) => {
          for (const side of ['from', 'to'] as const) {
            const targets = generation.allowed(before[side]).map((event) => generation.next(before[side], event).state);
            expect([before[side], ...targets]).toContain(after[side]);
          }
        });
      }),
    );
  });

  it('reads its phase from the new generation', () => {
    expect(phaseOf(start('root'))).toBe('created');
    expect(phaseOf({ state: 'open', to: 'issuing' })).toBe('switched');
    expect(phaseOf({ state: 'done', to: 'issuing' })).toBe('done');
  });
});

describe('the gate', () => {
  it('is open for nobody and from 99 of 100 on', () => {
    expect(judgeGate({ seen: 0, acknowledged: 0 }).open).toBe(true);
    expect(judgeGate({ seen: 100, acknowledged: 98 }).open).toBe(false);
    expect(judgeGate({ seen: 100, acknowledged: 99 }).open).toBe(true);
    expect(judgeGate({ seen: 4, acknowledged: 3 }).open).toBe(false);
  });
});
