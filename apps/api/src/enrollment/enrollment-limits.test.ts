import { FakeClock } from '@muster/testkit/fake-clock';
import { beforeEach, describe, expect, it } from 'vitest';
import { EnrollmentLimits } from './enrollment-limits.js';

let limits: EnrollmentLimits;
beforeEach(() => {
  limits = new EnrollmentLimits(new FakeClock(new Date()));
});

type Used = Parameters<EnrollmentLimits['checkCredential']>[0];
const passes = (check: () => void): boolean => {
  try {
    check();
    return true;
  } catch {
    return false;
  }
};
/** Refusals of one device after another, each from an address of its own. */
const refuse = (used: (n: number) => Used, times: number) => {
  for (let n = 0; n < times; n++) limits.failed(`198.51.${n >> 8}.${n & 255}`, used(n));
};
const open = (used: Used) => passes(() => limits.checkCredential(used));

describe('a credential that is refused again and again', () => {
  it('of one device is slowed down wherever it comes from', () => {
    const token = (serial: string): Used => ({ resource: 'enrollment_token:1', heldBy: 'one', serial });
    refuse((n) => token(`S-${n}`), 60);
    expect([open(token('S-0')), open(token('other'))]).toEqual([false, false]);
    expect(open({ ...token('S-0'), resource: 'enrollment_token:2' })).toBe(true);
  });

  it('of many slows down the device that is refused, and not the others', () => {
    const claim = (serial: string): Used => ({ resource: 'claim_batch:1', heldBy: 'many', serial });
    refuse(() => claim('BAD'), 100);
    expect([open(claim('BAD')), open(claim('GOOD'))]).toEqual([false, true]);
    refuse((n) => claim(`S-${n}`), 1_200);
    expect(open(claim('GOOD'))).toBe(false);
  });

  it('that a stranger could send as well shuts nobody out', () => {
    const key = { resource: 'registered_key:1', heldBy: 'nobody', serial: 'S-1' } as const;
    refuse(() => key, 2_000);
    expect(open(key)).toBe(true);
  });
});

it('new devices without a credential count by network, returns by device', () => {
  const asked = Array.from({ length: 70 }, (_, n) => passes(() => limits.chargeQuestion(`2001:db8::${n}`)));
  expect(asked.filter(Boolean)).toHaveLength(60);
  expect(passes(() => limits.chargeQuestion('2001:db8:0:1::1'))).toBe(true);
  const returned = Array.from({ length: 20 }, () => passes(() => limits.chargeReturn('d-1')));
  expect(returned.filter(Boolean)).toHaveLength(10);
  expect(passes(() => limits.chargeReturn('d-2'))).toBe(true);
});
