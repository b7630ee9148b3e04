import { expect, test } from 'vitest';
import { needOf } from './needs-you.js';

const standing = { state: 'running', stalledSince: null, waitsFor: null } as const;

test('a campaign that goes its way needs nobody, also while its gate gathers a sample', () => {
  expect(needOf(standing)).toBeNull();
  expect(needOf({ ...standing, waitsFor: 'waiting_for_sample' })).toBeNull();
  expect(needOf({ ...standing, state: 'paused' })).toBeNull();
});

test('approval, a halt, a hold, a stall and missing data each need somebody', () => {
  expect(needOf({ ...standing, state: 'awaiting_approval' })).toBe('approval');
  expect(needOf({ ...standing, state: 'halted' })).toBe('halted');
  expect(needOf({ ...standing, state: 'held' })).toBe('held');
  expect(needOf({ ...standing, stalledSince: '2026-11-21T10:00:00Z' })).toBe('stalled');
  expect(needOf({ ...standing, waitsFor: 'no_evidence' })).toBe('no_data');
});
