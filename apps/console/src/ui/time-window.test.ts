import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { panned, zoomed } from './time-window.js';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const lastHour = { from: NOW - HOUR, to: NOW };

describe('a window of time', () => {
  test('moves by a share of its own length', () => {
    expect(panned(lastHour, -0.5, NOW)).toEqual({ from: NOW - 1.5 * HOUR, to: NOW - 0.5 * HOUR });
  });

  test('keeps the instant under the pointer where it is while it is zoomed', () => {
    expect(zoomed(lastHour, 0.5, NOW - HOUR / 4, NOW)).toEqual({ from: NOW - 0.625 * HOUR, to: NOW - 0.125 * HOUR });
  });

  test('never gets shorter than ten seconds', () => {
    const { from, to } = zoomed({ from: NOW - 12_000, to: NOW }, 0.01, NOW - 6_000, NOW);
    expect(to - from).toBe(10_000);
  });

  test('never reaches further past now than a quarter of itself, and keeps its order', () => {
    const share = fc.double({ min: -50, max: 50, noNaN: true });
    const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
    fc.assert(
      fc.property(share, factor, (by, times) => {
        for (const { from, to } of [panned(lastHour, by, NOW), zoomed(lastHour, times, NOW, NOW)]) {
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(NOW + (to - from) * 0.25 + 1);
        }
      }),
    );
  });
});
