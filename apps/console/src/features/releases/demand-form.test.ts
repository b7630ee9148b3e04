import type { Release } from '@muster/contracts/releases/releases.schema';
import { expect, test } from 'vitest';
import { blankDemands, demandsOf, minVersionFault, newDemands, patchOf } from './demand-form.js';

const release = {
  models: ['gw-1'],
  hardwareRevisions: ['B'],
  minVersion: '1.4.0',
  passThrough: false,
  supportUntil: '2029-12-31T00:00:00.000Z',
  rollbackIndex: 3,
  notes: 'n',
} as unknown as Release;

test('a form that was left as it is changes nothing', () => {
  expect(patchOf(release, demandsOf(release))).toEqual({});
});

test('only what was touched is sent, and what was emptied is taken away', () => {
  const form = { ...demandsOf(release), minVersion: '', supportUntil: '', notes: 'm' };
  expect(patchOf(release, form)).toEqual({ minVersion: null, supportUntil: null, notes: 'm' });
});

test('a new release states a demand only where there is one', () => {
  expect(newDemands(blankDemands)).not.toHaveProperty('minVersion');
  expect(newDemands({ ...blankDemands, minVersion: '1.0.0', supportUntil: '2029-12-31' })).toMatchObject({
    minVersion: '1.0.0',
    supportUntil: '2029-12-31T00:00:00.000Z',
  });
});

test('a minimum that the release itself does not pass is a fault', () => {
  expect(minVersionFault('', '2.0.0')).toBeNull();
  expect(minVersionFault('1.10.0', '2.0.0')).toBeNull();
  expect(minVersionFault('2.0.0', '2.0.0')).toContain('2.0.0');
  expect(minVersionFault('two', '2.0.0')).toContain('semantic');
});
