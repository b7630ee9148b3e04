import { expect, test } from 'vitest';
import { durationText, parseDuration } from './duration-text.js';

test('a duration is written in the units people use, with nothing dropped', () => {
  expect([0, 45, 60, 5400, 90_061].map(durationText)).toEqual([
    '0 s',
    '45 s',
    '1 min',
    '1 h 30 min',
    '1 d 1 h 1 min 1 s',
  ]);
});

test('what was written is read back as the same seconds', () => {
  for (const seconds of [0, 1, 59, 60, 3599, 86_400, 90_061])
    expect(parseDuration(durationText(seconds))).toBe(seconds);
});

test('a bare number is seconds, units may be short or long, and anything else is no duration', () => {
  expect(['90', '15min', '1h30m', '2 hours', '1 d'].map(parseDuration)).toEqual([90, 900, 5400, 7200, 86_400]);
  expect(['', 'soon', '1 week', '-5', '1.5 h'].map(parseDuration)).toEqual([null, null, null, null, null]);
});
