import fc from 'fast-check';
import { compare, valid } from 'semver';
import { describe, expect, it } from 'vitest';
import {
  type ExclusionCode,
  exclusionCodes,
  judgeTarget,
  type ReleaseDemands,
  type TargetFacts,
} from './judge-target.js';

const now = new Date('2026-03-01T12:00:00.000Z');
const version = fc
  .tuple(fc.nat(3), fc.nat(3), fc.constantFrom('', '-rc.1'))
  .map(([a, b, tail]) => `${a}.${b}.0${tail}`);
const model = fc.constantFrom('m1', 'm2');
const revision = fc.constantFrom('A', 'B');

const device: fc.Arbitrary<TargetFacts> = fc.record({
  state: fc.constantFrom(
    'active',
    'active',
    'active',
    'maintenance',
    'quarantined',
    'pre_registered',
    'decommissioned',
  ),
  model,
  hardwareRevision: fc.option(revision),
  pinned: fc.boolean(),
  version: fc.option(fc.oneof(version, fc.constantFrom('', 'v2', 'factory', '1.2', '1.2.3.4', 'ſ.0.0'))),
  rollbackIndex: fc.option(fc.nat(3)),
  blockedUntil: fc.option(fc.integer({ min: -100, max: 100 }).map((s) => new Date(now.getTime() + s * 1000))),
  busyWith: fc.option(fc.constant('other')),
});
const release: fc.Arbitrary<ReleaseDemands> = fc.record({
  models: fc.uniqueArray(model, { minLength: 1 }),
  hardwareRevisions: fc.uniqueArray(revision, { maxLength: 1 }),
  version,
  rollbackIndex: fc.nat(3),
  minVersion: fc.option(version),
  passThroughs: fc.array(
    fc.record({
      version,
      models: fc.uniqueArray(model),
      hardwareRevisions: fc.uniqueArray(revision, { maxLength: 1 }),
    }),
    { maxLength: 3 },
  ),
  allowDowngrade: fc.boolean(),
});

const fits = (on: { models: readonly string[]; hardwareRevisions: readonly string[] }, d: TargetFacts): boolean =>
  on.models.includes(d.model) &&
  (on.hardwareRevisions.length === 0 || on.hardwareRevisions.some((r) => r === d.hardwareRevision));

/** Each reason by itself, said with the reference implementation of versions. */
const applies: Record<ExclusionCode, (d: TargetFacts, r: ReleaseDemands) => boolean> = {
  decommissioned: (d) => d.state === 'decommissioned',
  quarantined: (d) => d.state === 'quarantined',
  not_active: (d) => d.state === 'pre_registered',
  in_maintenance: (d) => d.state === 'maintenance',
  hardware_incompatible: (d, r) => !fits(r, d),
  already_satisfied: (d, r) => d.version === r.version,
  rollback_index_too_low: (d, r) => (d.rollbackIndex ?? 0) > r.rollbackIndex,
  below_min_version: (d, r) => known(d.version) && r.minVersion !== null && compare(d.version!, r.minVersion) < 0,
  must_pass_through: (d, r) =>
    known(d.version) &&
    r.passThroughs.some((p) => fits(p, d) && compare(p.version, d.version!) > 0 && compare(p.version, r.version) < 0),
  downgrade_refused: (d, r) => !r.allowDowngrade && known(d.version) && compare(d.version!, r.version) > 0,
  pinned: (d) => d.pinned,
  blocked: (d) => d.blockedUntil !== null && d.blockedUntil > now,
  in_another_campaign: (d) => d.busyWith !== null,
};
const known = (text: string | null): boolean => text !== null && valid(text) === text;

describe('judgeTarget', () => {
  it('gives the first reason of the list that applies, and none exactly when none does', () => {
    fc.assert(
      fc.property(device, release, (d, r) => {
        const first = exclusionCodes.find((code) => applies[code](d, r));
        expect(judgeTarget(d, r, now)?.code).toBe(first);
      }),
      { numRuns: 3_000 },
    );
  });

  it('excludes nobody for a version that cannot be compared', () => {
    fc.assert(
      fc.property(device, release, fc.string(), (d, r, text) => {
        fc.pre(!known(text));
        const code = judgeTarget({ ...d, version: text }, r, now)?.code;
        expect(['below_min_version', 'must_pass_through', 'downgrade_refused']).not.toContain(code);
      }),
    );
  });

  const sound: TargetFacts = {
    state: 'active',
    model: 'm1',
    hardwareRevision: 'A',
    pinned: false,
    version: '1.0.0',
    rollbackIndex: null,
    blockedUntil: null,
    busyWith: null,
  };
  const plain: ReleaseDemands = {
    models: ['m1'],
    hardwareRevisions: [],
    version: '2.0.0',
    rollbackIndex: 0,
    minVersion: null,
    passThroughs: [],
    allowDowngrade: false,
  };
  const stop = (at: string) => ({ version: at, models: ['m1'], hardwareRevisions: [] });

  it.each<[string, Partial<TargetFacts>, Partial<ReleaseDemands>, string]>([
    ['the model', { model: 'm9' }, {}, 'the release is for m1, not m9'],
    [
      'the revision',
      { hardwareRevision: 'B' },
      { hardwareRevisions: ['A', 'C'] },
      'the release is for revision A, C; not B',
    ],
    [
      'a revision that was never told',
      { hardwareRevision: null },
      { hardwareRevisions: ['A'] },
      'the release is for revision A; the device has told none',
    ],
    ['the least version', {}, { minVersion: '1.5.0' }, 'runs 1.0.0; 2.0.0 can be put on 1.5.0 and above'],
    [
      'the next stop, not the last',
      {},
      { passThroughs: [stop('1.8.0'), stop('1.4.0'), stop('0.9.0'), stop('2.0.0')] },
      'runs 1.0.0; 1.4.0 comes before 2.0.0',
    ],
    ['the newer version', { version: '2.0.1' }, {}, 'runs 2.0.1, newer than 2.0.0'],
    [
      'the end of the pause',
      { blockedUntil: new Date('2026-03-02T12:00:00.000Z') },
      {},
      'failed again and again; nothing is offered before 2026-03-02T12:00:00.000Z',
    ],
  ])('names %s', (_, facts, demands, detail) => {
    expect(judgeTarget({ ...sound, ...facts }, { ...plain, ...demands }, now)?.detail).toBe(detail);
  });

  it('asks nothing of firmware where the campaign changes none', () => {
    expect(judgeTarget({ ...sound, model: 'm9', version: null }, null, now)).toBeNull();
  });
});
