import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pollAfter } from './poll-after.js';

const asked = new Date('2026-01-01T00:00:00.000Z');
const after = (s: number) => pollAfter(asked, new Date(asked.getTime() + s * 1000));

it('asks often at first and seldom later', () => {
  expect([after(0), after(600), after(86_400)]).toEqual([15, 60, 900]);
});

it('never asks sooner the longer it waited, whatever the clock does', () => {
  const seconds = fc.integer({ min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(seconds, seconds, (a, b) => {
      const [early, late] = [Math.min(a, b), Math.max(a, b)];
      expect(after(early)).toBeLessThanOrEqual(after(late));
      expect(after(a)).toBeGreaterThanOrEqual(15);
    }),
  );
});
