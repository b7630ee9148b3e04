import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { describe, expect, it } from 'vitest';
import { judgeClock } from './judge-clock.js';

const received = new Date('2026-11-21T12:00:00.000Z');
const judge = (produced: string) => judgeClock(new Date(produced), received);
const names = (flags: number) => Object.entries(messageFlags).flatMap(([name, bit]) => (flags & bit ? [name] : []));

describe('judging a clock', () => {
  it.each([
    ['a moment ago', '2026-11-21T11:59:59.000Z', [], false],
    ['nine minutes ahead', '2026-11-21T12:09:00.000Z', [], false],
    ['eleven minutes ahead', '2026-11-21T12:11:00.000Z', ['outOfWindow', 'future', 'clockCorrected'], true],
    ['two hours in a buffer', '2026-11-21T10:00:00.000Z', ['late'], false],
    ['forty days in a buffer', '2026-10-12T12:00:00.000Z', ['outOfWindow', 'late', 'historical'], false],
    ['a clock that was never set', '1970-01-01T00:01:00.000Z', ['outOfWindow', 'clockCorrected'], true],
  ])('%s', (_, produced, flags, corrected) => {
    const verdict = judge(produced);
    expect(names(verdict.flags)).toEqual(flags);
    expect(verdict.correctedAt).toEqual(corrected ? received : null);
  });
});
