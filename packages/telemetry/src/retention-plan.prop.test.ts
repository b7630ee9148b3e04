import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  doneKey,
  planDays,
  planMonths,
  type RetentionFacts,
  type RetentionScope,
  type RetentionStep,
  rawKeptFrom,
  type StoredPart,
} from './retention-plan.js';

const DAY = 86_400_000;
const now = Date.UTC(2026, 2, 1, 13);

const days = fc.integer({ min: 1, max: 40 });
const scope = fc.record({
  tenant: fc.constantFrom('north', 'south'),
  class: fc.constantFrom(null, 'meter', 'gateway'),
  rawDays: days,
  hourlyDays: days,
  warmAfterDays: days,
  archive: fc.boolean(),
});
const part = (age: number, more: Partial<StoredPart> = {}): StoredPart => {
  const start = Math.floor(now / DAY) * DAY - age * DAY;
  return { name: `day-${age}`, start, end: start + DAY, warm: false, held: false, inserted: 0, ...more };
};
const facts: fc.Arbitrary<RetentionFacts> = fc
  .record({
    scopes: fc.uniqueArray(scope, { selector: (one) => doneKey('', one), maxLength: 5 }),
    parts: fc.uniqueArray(
      fc.record({ age: fc.integer({ min: -5, max: 50 }), warm: fc.boolean(), held: fc.boolean() }),
      { selector: ({ age }) => age, maxLength: 20 },
    ),
  })
  .map(({ scopes, parts }) => ({
    now,
    scopes,
    parts: parts.map(({ age, ...more }) => part(age, more)),
    done: new Map<string, number>(),
  }));

/** What is left when the steps were taken. */
const apply = (before: RetentionFacts, steps: readonly RetentionStep[]): RetentionFacts => ({
  ...before,
  parts: before.parts
    .filter(({ name }) => !steps.some((step) => step.do === 'end' && step.part === name))
    .map((one) => ({ ...one, warm: one.warm || steps.some((s) => s.do === 'compact' && s.part === one.name) })),
  done: new Map([
    ...before.done,
    ...steps.flatMap((s) => (s.do === 'remove' ? [[doneKey(s.part, s.scope), s.inserted] as const] : [])),
  ]),
});
const endOf = (all: RetentionFacts, name: string) => all.parts.find((one) => one.name === name)!.end;

describe('planning retention', () => {
  it('lets nothing go that somebody keeps, nor what a restored archive lies in', () => {
    fc.assert(
      fc.property(facts, (all) => {
        for (const step of planDays(all)) {
          const touched: readonly RetentionScope[] =
            step.do === 'end' ? all.scopes : step.do === 'remove' ? [step.scope] : [];
          for (const { rawDays } of touched) expect(endOf(all, step.part) + rawDays * DAY).toBeLessThanOrEqual(now);
          if (touched.length > 0) expect(all.parts.find(({ name }) => name === step.part)!.held).toBe(false);
        }
      }),
    );
  });

  it('leaves nothing of a scope beyond what it keeps, but for held parts and those behind them', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const left = apply(all, planDays(all));
        const held = left.parts.some((one) => one.held);
        for (const one of left.parts)
          for (const each of left.scopes)
            if (!held && one.end + each.rawDays * DAY <= now) expect(left.done.has(doneKey(one.name, each))).toBe(true);
      }),
    );
  });

  it('has nothing to say a second time', () => {
    fc.assert(
      fc.property(facts, (all) => {
        expect(planDays(apply(all, planDays(all)))).toEqual([]);
        expect(planMonths(apply(all, planMonths(all)))).toEqual([]);
      }),
    );
  });

  it('says the same whatever the order of facts', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const turned = { ...all, parts: all.parts.toReversed() };
        expect(planDays(turned)).toEqual(planDays(all));
      }),
    );
  });

  it('ends days from the oldest on, in one piece', () => {
    fc.assert(
      fc.property(facts, (all) => {
        const ended = planDays(all).flatMap((step) => (step.do === 'end' ? [step.part] : []));
        const oldest = all.parts.toSorted((a, b) => a.start - b.start).map(({ name }) => name);
        expect(ended).toEqual(oldest.slice(0, ended.length));
      }),
    );
  });

  it('compacts what is warm for somebody who still keeps it, once', () => {
    const keep = { tenant: 'north', class: null, rawDays: 20, hourlyDays: 30, warmAfterDays: 5, archive: false };
    const all = {
      now,
      scopes: [keep],
      parts: [part(6), part(7, { warm: true }), part(3)],
      done: new Map<string, number>(),
    };
    expect(planDays(all)).toEqual([{ do: 'compact', part: 'day-6' }]);
  });

  it('looks again at a part that took rows since', () => {
    const keep = { tenant: 'north', class: null, rawDays: 2, hourlyDays: 30, warmAfterDays: 1, archive: false };
    const other = { ...keep, tenant: 'south', rawDays: 90, warmAfterDays: 90 };
    const done = new Map([[doneKey('day-6', keep), 10]]);
    const after = (inserted: number) =>
      planDays({ now, scopes: [keep, other], parts: [part(6, { inserted, warm: true })], done });
    expect(after(10)).toEqual([]);
    expect(after(11)).toMatchObject([{ do: 'remove', part: 'day-6', scope: keep }]);
  });

  it('never says that a day may be gone which its scope keeps', () => {
    const keep = { tenant: 'north', class: null, rawDays: 2, hourlyDays: 30, warmAfterDays: 1, archive: false };
    expect(new Date(rawKeptFrom(keep, now)).toISOString()).toBe('2026-02-27T00:00:00.000Z');
  });
});
