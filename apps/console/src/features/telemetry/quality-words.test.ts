import { qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { expect, test } from 'vitest';
import { isLeftOut, qualityWords } from './quality-words.js';

test('a reading outside its range is said to be left out, and why', () => {
  expect(qualityWords(qualityFlags.outOfRange)).toBe('left out: outside the physical range');
});

test('a stuck reading counts, and is said to be suspect', () => {
  expect(isLeftOut(qualityFlags.stuck)).toBe(false);
  expect(qualityWords(qualityFlags.stuck | qualityFlags.missing)).toBe(
    'left out: could not be read by the device; suspect: unchanged for too long',
  );
});

test('nothing is said of readings without a fault', () => {
  expect(qualityWords(0)).toBe('');
});
