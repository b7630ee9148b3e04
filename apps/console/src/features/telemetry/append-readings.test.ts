import type { Series } from '@muster/contracts/telemetry/telemetry.schema';
import { qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { describe, expect, test } from 'vitest';
import { appendReadings, type LiveReading } from './append-readings.js';

const series = (change: Partial<Series>): Series => ({
  metric: 'power_w',
  title: 'Power',
  kind: 'gauge',
  unit: 'W',
  place: null,
  asset: null,
  site: null,
  masked: false,
  resolution: 'raw',
  bucketMs: 10_000,
  gapMs: 30_000,
  t: [0, 10_000],
  min: [1, 2],
  max: [1, 2],
  avg: [1, 2],
  last: [1, 2],
  delta: [null, null],
  n: [1, 1],
  flags: [0, 0],
  ...change,
});
const minutes = (change: Partial<Series> = {}) =>
  series({ resolution: 'minute', bucketMs: 60_000, t: [0, 60_000], n: [6, 3], gapMs: 120_000, ...change });
const heard = (t: number, value: number | null, change: Partial<LiveReading> = {}): LiveReading => ({
  metric: 'power_w',
  place: null,
  t,
  value,
  quality: 0,
  heardAt: 200_000,
  ...change,
});

describe('a series that goes on while one watches', () => {
  test('gets a point for every newer reading, and none twice', () => {
    const { t, avg } = appendReadings(series({}), [heard(20_000, 5), heard(10_000, 9)], 0);
    expect(t).toEqual([0, 10_000, 20_000]);
    expect(avg).toEqual([1, 2, 5]);
  });

  test('folds readings into its newest bucket', () => {
    const { min, max, avg, n } = appendReadings(minutes(), [heard(70_000, 6)], 0);
    expect([min[1], max[1], avg[1], n[1]]).toEqual([2, 6, 3, 4]);
  });

  test('leaves to the next answer what the last one may have had already', () => {
    const was = minutes();
    expect(appendReadings(was, [heard(70_000, 6, { heardAt: 50 })], 100)).toBe(was);
  });

  test('breaks its line where nothing was heard for too long', () => {
    const { t, avg } = appendReadings(series({}), [heard(90_000, 5)], 0);
    expect(t).toEqual([0, 10_000, 10_001, 90_000]);
    expect(avg).toEqual([1, 2, null, 5]);
  });

  test('keeps an unusable reading out of its values and shows its flag', () => {
    const { avg, flags, n } = appendReadings(series({}), [heard(20_000, 9e9, { quality: qualityFlags.outOfRange })], 0);
    expect([avg[2], flags[2], n[2]]).toEqual([null, qualityFlags.outOfRange, 0]);
  });

  test('of a counter adds what it rose by, and starts from zero after a reset', () => {
    const counter = series({ kind: 'counter', delta: [0, 1] });
    const { delta } = appendReadings(counter, [heard(20_000, 7), heard(30_000, 3)], 0);
    expect(delta).toEqual([0, 1, 5, 3]);
  });

  test('is left alone by readings of other metrics and places', () => {
    const was = series({});
    const others = [heard(20_000, 1, { metric: 'voltage_v' }), heard(20_000, 1, { place: 'meter/1' })];
    expect(appendReadings(was, others, 0)).toBe(was);
  });
});
