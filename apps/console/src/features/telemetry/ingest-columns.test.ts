import type { IngestSlot } from '@muster/contracts/telemetry/ingest.schema';
import { describe, expect, test } from 'vitest';
import { lastMinute, rateColumns, ratePerSecond, timingColumns, worst } from './ingest-columns.js';

const START = Date.parse('2026-11-21T12:00:00Z');
const slot = (n: number, change: Partial<IngestSlot> = {}): IngestSlot => ({
  at: new Date(START + n * 10_000).toISOString(),
  seconds: 10,
  stored: 50,
  readings: 250,
  duplicates: 0,
  deadLettered: 0,
  shed: 0,
  bytes: 1000,
  commitMs: { p50: 4, p99: 20 },
  lagMs: null,
  ...change,
});

describe('what came in, slot by slot', () => {
  test('is a rate a second, and zero where no slot was sent', () => {
    const { t, avg } = rateColumns([slot(0), slot(3)], 'stored');
    expect(t.map((at) => at - START)).toEqual([0, 10_000, 20_000, 30_000]);
    expect(avg).toEqual([5, 0, 0, 5]);
  });

  test('has no time where nothing was taken', () => {
    const { min, max } = timingColumns([slot(0), slot(2)], 'commitMs');
    expect(min).toEqual([4, null, 4]);
    expect(max).toEqual([20, null, 20]);
  });

  test('of the last minute leaves the slot out that still counts', () => {
    const slots = Array.from({ length: 9 }, (_, n) => slot(n, n === 8 ? { stored: 1 } : {}));
    expect(ratePerSecond(lastMinute(slots), 'stored')).toBe(5);
  });

  test('is as slow as its slowest slot', () => {
    expect(worst([slot(0), slot(1, { commitMs: { p50: 9, p99: 90 } })], 'commitMs', 'p99')).toBe(90);
    expect(worst([slot(0)], 'lagMs', 'p50')).toBeNull();
  });
});
