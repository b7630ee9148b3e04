import { qualityFlags, type Series } from '@muster/contracts/telemetry/telemetry.schema';
import { expect, test } from 'vitest';
import { flagsWithin, grainWords, totalRise } from './chart-words.js';

const hours = {
  resolution: 'hour',
  bucketMs: 3_600_000,
  t: [0, 3_600_000, 7_200_000],
  delta: [5, null, 2],
  n: [360, 0, 355],
  flags: [0, qualityFlags.missing, qualityFlags.stuck],
} as unknown as Series;

test('a chart says how fine it is in words', () => {
  expect(grainWords(hours, false)).toBe('1 hour averages, band from minimum to maximum');
  expect(grainWords(hours, true)).toBe('increase per 1 hour');
  expect(grainWords({ ...hours, resolution: 'raw', n: [1, 0, 1] }, false)).toBe('every reading');
});

test('the rise of a counter is the sum of what is known within the window', () => {
  expect(totalRise(hours, 0, 10_000_000)).toBe(7);
  expect(totalRise(hours, 7_000_000, 10_000_000)).toBe(2);
  expect(totalRise(hours, 3_000_000, 4_000_000)).toBeNull();
});

test('only flags within the window are told', () => {
  expect(flagsWithin(hours, 0, 4_000_000)).toBe(qualityFlags.missing);
});
