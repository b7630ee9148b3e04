import { describe, expect, it } from 'vitest';
import { type FindingFacts, listFindings } from './list-findings.js';

const now = new Date('2026-11-21T12:00:00Z');
const hours = (n: number) => new Date(now.getTime() + n * 3_600_000);
const days = (n: number) => hours(24 * n);
const quiet: FindingFacts = {
  expiring: { count: 0, since: null },
  overdue: { count: 0, since: null },
  ending: [],
  expired: { count: 0, since: null, devices: [] },
  lists: [],
  authorities: [],
  approvals: { count: 0, oldest: null },
  clones: { count: 0, devices: [] },
  lastHour: { issued: 500, refused: 3 },
  hoursBefore: [],
};
const told = (facts: Partial<FindingFacts>) =>
  listFindings({ ...quiet, ...facts }, now).map(({ kind, subject, sentence, count }) => [
    kind,
    subject,
    sentence,
    count,
  ]);

describe('findings', () => {
  it('are none where all is well', () => {
    const list = { authorityId: 'a', kind: 'device', generation: 1, shard: 0 } as const;
    const authority = { id: 'a', kind: 'device', generation: 1, notBefore: days(-900), notAfter: days(920) } as const;
    const fresh = { ...list, thisUpdate: hours(-11), nextUpdate: hours(13) };
    expect(told({ lists: [fresh], authorities: [authority] })).toEqual([]);
  });

  it('say in one sentence with numbers what needs somebody', () => {
    const ending = [{ deviceId: 'd', name: 'pump', notAfter: days(3) }];
    expect(
      told({
        overdue: { count: 12, since: days(-4) },
        expiring: { count: 1, since: days(-2) },
        ending,
        expired: { count: 1, since: days(-1), devices: ending },
        approvals: { count: 3, oldest: hours(-30) },
        clones: {
          count: 1,
          devices: [{ deviceId: 'd', name: 'pump', since: now, sentence: 'two seem to hold its key.' }],
        },
        lastHour: { issued: 4, refused: 64 },
        hoursBefore: Array.from({ length: 168 }, () => ({ issued: 5, refused: 2 })),
      }),
    ).toEqual([
      ['clone_suspected', 'device:d', 'pump: two seem to hold its key.', 1],
      [
        'certificate_expired',
        'fleet',
        '1 device in service has no certificate that is valid: the first ended on 2026-11-20.',
        1,
      ],
      [
        'renewal_overdue',
        'fleet',
        "12 devices should have renewed by now: two thirds of the certificate's life are over. The first ends on 2026-11-24.",
        12,
      ],
      [
        'certificate_expiring',
        'fleet',
        '1 certificate ends within 30 days and a third of the life, and nothing newer has taken the place. The first ends on 2026-11-24.',
        1,
      ],
      ['enrollment_failures', 'enrollment', '64 enrolments were refused within an hour, usually 2; 4 succeeded.', 64],
      ['approvals_waiting', 'enrollment', '3 devices wait for a person to let them in, the first for 30 hours.', 3],
    ]);
  });

  it('name a revocation list from half the time to the next one, also when it has run out', () => {
    const list = { authorityId: 'a', kind: 'device', generation: 2 } as const;
    expect(
      told({
        lists: [
          { ...list, shard: 0, thisUpdate: hours(-13), nextUpdate: hours(11) },
          { ...list, shard: 1, thisUpdate: hours(-25), nextUpdate: hours(-1) },
        ],
      }),
    ).toEqual([
      [
        'crl_past_half',
        'authority:a',
        '2 revocation lists of the device authority, generation 2, are past half the time between two lists: the first ran out 60 minutes ago.',
        2,
      ],
    ]);
  });

  it('name an authority at half its life, a root at three quarters', () => {
    const authority = { id: 'a', generation: 1, notBefore: days(-1_000), notAfter: days(800) } as const;
    expect(told({ authorities: [{ ...authority, kind: 'root' }] })).toEqual([]);
    expect(told({ authorities: [{ ...authority, kind: 'device' }] })).toMatchObject([
      [
        'authority_expiring',
        'authority:a',
        'The device authority, generation 1, has 800 days left and was due for a new generation on 2026-08-13.',
        1,
      ],
    ]);
  });
});
