import { describe, expect, it } from 'vitest';
import { applyPatch, type Demands, demandFaults, frozenFields } from './judge-change.js';

const now = new Date('2026-11-21T09:00:00.000Z');
const before: Demands = {
  models: ['gw-1'],
  hardwareRevisions: ['B'],
  minVersion: '1.0.0',
  passThrough: false,
  supportUntil: new Date('2027-01-01T00:00:00.000Z'),
  rollbackIndex: 3,
  notes: '',
};
const fields = (version: string, demands: Pick<Demands, 'minVersion' | 'supportUntil'>, drafting = true) =>
  demandFaults(version, demands, { now, drafting }).map(({ field }) => field);

describe('what a release demands', () => {
  it.each([
    ['2.0.0', '1.9.9', []],
    ['2.0.0', '2.0.0-rc.1', []],
    ['2.0.0', '2.0.0', ['minVersion']],
    ['2.0.0', '2.0.0+build', ['minVersion']],
    ['1.9.0', '1.10.0', ['minVersion']],
  ])('of version %s with a minimum of %s has faults in %j', (version, minVersion, expected) => {
    expect(fields(version, { minVersion, supportUntil: null })).toEqual(expected);
  });

  it('includes a support end in the future while it is drafted, and at any time afterwards', () => {
    expect(fields('2.0.0', { minVersion: null, supportUntil: now })).toEqual(['supportUntil']);
    expect(fields('2.0.0', { minVersion: null, supportUntil: now }, false)).toEqual([]);
    expect(fields('2.0.0', { minVersion: null, supportUntil: new Date('2026-99-99') }, false)).toEqual([
      'supportUntil',
    ]);
  });
});

describe('a patch', () => {
  it('changes what it names, takes away what it nulls and leaves the rest', () => {
    const after = applyPatch(before, { minVersion: null, notes: 'x', supportUntil: '2028-01-01T00:00:00.000Z' });
    expect(after).toEqual({
      ...before,
      minVersion: null,
      notes: 'x',
      supportUntil: new Date('2028-01-01T00:00:00.000Z'),
    });
  });

  it('of a draft may change everything, and of a signed release notes and support alone', () => {
    const all = { models: ['gw-2'], minVersion: null, rollbackIndex: 4, notes: 'x', supportUntil: null };
    expect(frozenFields('draft', before, all)).toEqual([]);
    for (const state of ['signed', 'published', 'revoked'] as const)
      expect(frozenFields(state, before, all)).toEqual(['models', 'minVersion', 'rollbackIndex']);
  });

  it('that repeats what a signed release says is no change', () => {
    expect(frozenFields('published', before, { models: ['gw-1'], rollbackIndex: 3, minVersion: '1.0.0' })).toEqual([]);
  });
});
