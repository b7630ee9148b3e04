import { describe, expect, it } from 'vitest';
import { judgeReadings, type MetricRule } from './judge-readings.js';

const rule = (id: number, more: Partial<MetricRule> = {}): MetricRule => ({
  id,
  factor: 1,
  shift: 0,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  stuckAfterMs: null,
  judged: Object.keys(more).length > 0,
  ...more,
});
const readings = (value: number[], more: object = {}) => ({
  slot: value.map((_, i) => i),
  dtMs: value.map(() => 0),
  value,
  quality: null,
  repeats: false,
  ...more,
});
const never = () => false;

describe('judging readings', () => {
  it('only gives ids where the catalogue says nothing', () => {
    const value = [1, 2];
    const judged = judgeReadings(readings(value), [rule(7), rule(8)], 0, never);
    expect(judged).toEqual({ metric: [7, 8], value: [1, 2], quality: null });
    expect(judged.value).toBe(value);
  });

  it('keeps what is out of its physical range as it came, flagged; both ends are inside', () => {
    const range = rule(7, { low: -40, high: 85 });
    const judged = judgeReadings(readings([-40, 85, 85.1, -41]), [range, range, range, range], 0, never);
    expect(judged.value).toEqual([-40, 85, 85.1, -41]);
    expect(judged.quality!.map((flags) => flags & 4)).toEqual([0, 0, 4, 4]);
  });

  it('stores an alias under its target, converted, in the range of the target', () => {
    const fahrenheit = rule(7, { factor: 5 / 9, shift: -160 / 9, high: 85 });
    const { metric, value, quality } = judgeReadings(
      readings([212, 50], { dtMs: [0, 1] }),
      [fahrenheit, fahrenheit],
      0,
      never,
    );
    expect(metric).toEqual([7, 7]);
    expect(value[0]).toBeCloseTo(100);
    expect(value[1]).toBeCloseTo(10);
    expect(quality).toEqual([4, 0]);
  });

  it('of a metric twice at one time lets the last count, an alias beside its target too', () => {
    const twice = { slot: [0, 1, 0], dtMs: [0, 0, 5], repeats: true };
    const alias = rule(7, { factor: 2 });
    expect(judgeReadings(readings([1, 2, 3], twice), [rule(7), alias], 0, never)).toEqual({
      metric: [7, 7, 7],
      value: [1, 4, 3],
      quality: [16, 0, 0],
    });
  });

  it('a failed reading does not push out the good one beside it', () => {
    const twice = { slot: [0, 0], repeats: true, quality: [0, 1] };
    expect(judgeReadings(readings([1, Number.NaN], twice), [rule(7)], 0, never).quality).toEqual([0, 1]);
  });

  it('a conversion that overflows gives no number', () => {
    const { value, quality } = judgeReadings(readings([1e308]), [rule(7, { factor: 1e10 })], 0, never);
    expect(value).toEqual([Number.NaN]);
    expect(quality).toEqual([2]);
  });

  it('asks whether a usable reading is stuck, at its own time', () => {
    const asked: [number, number][] = [];
    const stuck = rule(7, { stuckAfterMs: 1000, high: 10 });
    const { quality } = judgeReadings(
      readings([5, 11, 5], { dtMs: [-20, -10, 0] }),
      [stuck, stuck, stuck],
      100,
      (_, value, at) => {
        asked.push([value, at]);
        return at === 100;
      },
    );
    expect(asked).toEqual([
      [5, 80],
      [5, 100],
    ]);
    expect(quality).toEqual([0, 4, 8]);
  });
});
