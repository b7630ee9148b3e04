import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { expect, test } from 'vitest';
import { canEdit, canExclude, canRetry, verbsOf } from './campaign-verbs.js';

const counters = {
  waiting: 0,
  queued: 0,
  inFlight: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  rejected: 0,
  rolledBack: 0,
  other: 0,
};

const campaign = (over: object): Campaign =>
  ({
    kind: 'release',
    parentId: null,
    childId: null,
    currentWave: 1,
    counters: { ...counters, succeeded: 5, waiting: 20 },
    plan: { waves: [{ size: { percent: 10 } }, { size: { percent: 100 } }] },
    waves: [{ state: 'open' }, { state: 'planned' }],
    gate: [],
    ...over,
  }) as unknown as Campaign;

test('a running campaign can be paused, held, stopped and rolled back, and nothing of it resumed', () => {
  expect(verbsOf(campaign({ state: 'running' })).sort()).toEqual(['hold', 'pause', 'rollback', 'stop']);
});

test('a soak can be skipped, and a wave that waits for data passed by a person unless a limit is broken', () => {
  const waves = [{ state: 'soaking' }, { state: 'planned' }];
  const holds = { state: 'running', waves, gate: [{ verdict: 'hold' }, { verdict: 'pass' }] };
  expect(verbsOf(campaign(holds))).toEqual(expect.arrayContaining(['advance', 'override']));
  expect(verbsOf(campaign({ ...holds, gate: [{ verdict: 'hold' }, { verdict: 'halt' }] }))).not.toContain('override');
});

test('where a pause would return to is no choice: a paused campaign is resumed, stopped or rolled back', () => {
  expect(verbsOf(campaign({ state: 'paused' })).sort()).toEqual(['resume', 'rollback', 'stop']);
});

test('a halted campaign whose devices are being returned is not resumed, and not rolled back twice', () => {
  expect(verbsOf(campaign({ state: 'halted' })).sort()).toEqual(['resume', 'rollback', 'stop']);
  expect(verbsOf(campaign({ state: 'halted', childId: 'other' }))).toEqual(['stop']);
});

test('a plan is changed before the start and never after', () => {
  expect(['draft', 'awaiting_approval', 'denied', 'scheduled'].every((state) => canEdit(state as never))).toBe(true);
  expect(['running', 'halted', 'stopped', 'completed'].some((state) => canEdit(state as never))).toBe(false);
});

test('a slice is left out while somebody waits, and failed devices are tried again once it is over', () => {
  expect(canExclude(campaign({ state: 'halted' }))).toBe(true);
  expect(canExclude(campaign({ state: 'halted', counters: { ...counters, succeeded: 25 } }))).toBe(false);
  const failed = { ...counters, failed: 2, succeeded: 23 };
  expect(canRetry(campaign({ state: 'completed', counters: failed }))).toBe(true);
  expect(canRetry(campaign({ state: 'running', counters: failed }))).toBe(false);
  expect(canRetry(campaign({ state: 'failed', parentId: 'other', counters: failed }))).toBe(false);
});
