import type { Preconditions } from '@muster/contracts/campaigns/plans.schema';
import { describe, expect, test } from 'vitest';
import type { PowerReading } from '../ports/power-source.js';
import { judgeReadiness, type ReadinessFacts } from './judge-readiness.js';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const judge = (change: Partial<ReadinessFacts>) =>
  judgeReadiness({ power: {}, freeBytes: null, terms: {}, neededBytes: 0, about: 'offer', now: at(0), ...change });

describe('a device is ready', () => {
  test.each<[string, Preconditions, PowerReading, string | null]>([
    ['nothing asked', {}, { source: 'battery', batteryPercent: 1 }, null],
    ['mains asked, on battery', { mainsPower: true }, { source: 'battery', batteryPercent: 99 }, 'mains_required'],
    ['mains asked, on mains', { mainsPower: true }, { source: 'mains' }, null],
    ['mains asked, no battery known of', { mainsPower: true }, {}, null],
    ['30% asked, 29% there', { minBatteryPercent: 30 }, { source: 'mains', batteryPercent: 29 }, 'battery_low'],
    ['30% asked, 30% there', { minBatteryPercent: 30 }, { source: 'battery', batteryPercent: 30 }, null],
    ['30% asked, level unknown on battery', { minBatteryPercent: 30 }, { source: 'battery' }, 'battery_low'],
    ['30% asked, no battery known of', { minBatteryPercent: 30 }, {}, null],
  ])('or not: %s', (_, preconditions, power, code) => {
    expect(judge({ terms: { preconditions }, power })?.code ?? null).toBe(code);
  });

  test.each<[number | null, number, number | undefined, string | null]>([
    [99_999_999, 100_000_000, undefined, 'disk_full'],
    [100_000_000, 100_000_000, undefined, null],
    [100_000_000, 1, 101, 'disk_full'],
    [101_000_000, 1, 101, null],
    [null, 100_000_000, 101, null],
  ])('with %s bytes free, %s needed and %s MB asked: %s', (freeBytes, neededBytes, minFreeDiskMb, code) => {
    const terms = minFreeDiskMb === undefined ? {} : { preconditions: { minFreeDiskMb } };
    expect(judge({ freeBytes, neededBytes, terms })?.code ?? null).toBe(code);
  });

  test.each<['offer' | 'install', number, string | null]>([
    ['offer', 5, null],
    ['install', 5, 'window_closed'],
    ['install', 10, null],
    ['install', 19, null],
    ['install', 20, 'window_closed'],
    ['offer', 20, 'window_closed'],
    ['offer', -49, null],
    ['offer', -51, 'window_closed'],
  ])('for the %s at minute %i of a window from 10 to 20: %s', (about, minute, code) => {
    const window = { opensAt: at(10).toISOString(), closesAt: at(20).toISOString() };
    expect(judge({ terms: { window }, about, now: at(minute) })?.code ?? null).toBe(code);
  });

  test('again when the window opens', () => {
    const window = { opensAt: at(10).toISOString(), closesAt: at(20).toISOString() };
    expect(judge({ terms: { window }, about: 'install', now: at(8) })?.retryAfterS).toBe(120);
    expect(judge({ terms: { window }, about: 'offer', now: at(-10_000) })?.retryAfterS).toBe(86_400);
  });
});
