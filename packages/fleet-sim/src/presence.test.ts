import { describe, expect, test } from 'vitest';
import { habitOf, isThere, type PresenceHabit } from './presence.js';

const device = { serial: 'SIM-1', place: { solarOffsetH: 2, sunshine: 1, temperatureC: 10 } };
/** Share of the moments of a local hour of the day over four weeks, from a Monday, at which the device is there. */
function shareAt(habit: PresenceHabit | null, hour: number, days = [0, 1, 2, 3, 4, 5, 6]): number {
  const moments = Array.from({ length: 28 }, (_, day) => day)
    .filter((day) => days.includes(day % 7))
    .flatMap((day) => Array.from({ length: 12 }, (_, n) => Date.UTC(2026, 0, 5 + day, hour - 2, n * 5)));
  return moments.filter((at) => isThere(habit, new Date(at), device)).length / moments.length;
}

describe('a device', () => {
  test('without a habit is always there', () => {
    for (const hour of [0, 6, 12, 18]) expect(shareAt(null, hour)).toBe(1);
  });

  test('that runs on the sun is there by local day and away by night', () => {
    expect(shareAt('nightly', 12)).toBe(1);
    expect(shareAt('nightly', 1)).toBe(0);
    expect(shareAt('nightly', 6)).toBeGreaterThan(0.1);
    expect(shareAt('nightly', 6)).toBeLessThan(1);
  });

  test('of an office is away at weekends', () => {
    expect(shareAt('weekdays', 12, [0, 1, 2, 3, 4])).toBe(1);
    expect(shareAt('weekdays', 12, [5, 6])).toBe(0);
    expect(shareAt('weekdays', 22)).toBe(0);
  });

  test('on a bad radio is away now and then at any hour', () => {
    for (const hour of [0, 12]) {
      expect(shareAt('flaky', hour)).toBeGreaterThan(0.7);
      expect(shareAt('flaky', hour)).toBeLessThan(0.95);
    }
  });

  test('draws its habit in the shares of the plan, and always the same one', () => {
    const plan = [
      { share: 0.2, habit: 'nightly' as const },
      { share: 0.1, habit: 'flaky' as const },
    ];
    const drawn = Array.from({ length: 5_000 }, (_, n) => habitOf(plan, 1, `SIM-${n}`));
    expect(drawn.filter((habit) => habit === 'nightly').length / 5_000).toBeCloseTo(0.2, 1);
    expect(drawn.filter((habit) => habit === 'flaky').length / 5_000).toBeCloseTo(0.1, 1);
    expect(drawn).toEqual(Array.from({ length: 5_000 }, (_, n) => habitOf(plan, 1, `SIM-${n}`)));
  });
});
