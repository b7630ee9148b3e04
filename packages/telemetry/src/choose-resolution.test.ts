import { describe, expect, it } from 'vitest';
import { chooseResolution } from './choose-resolution.js';

const start = new Date('2026-11-01T00:00:00.000Z');
const hours = (n: number) => new Date(start.getTime() + n * 3_600_000);

describe('choosing a resolution', () => {
  it.each([
    [1, 600, { resolution: 'raw', bucketMs: 10_000 }],
    [24, 600, { resolution: 'minute', bucketMs: 300_000 }],
    [24 * 30, 600, { resolution: 'hour', bucketMs: 10_800_000 }],
    [24 * 365, 600, { resolution: 'day', bucketMs: 86_400_000 }],
    [24 * 365 * 5, 600, { resolution: 'week', bucketMs: 7 * 86_400_000 }],
    [24 * 365 * 30, 10, { resolution: 'week', bucketMs: 157 * 7 * 86_400_000 }],
  ])('over %d hours in %d pixels', (span, width, choice) => {
    expect(chooseResolution(start, hours(span), width)).toEqual(choice);
  });

  it('never gives more buckets than pixels', () => {
    for (let span = 1; span < 24 * 400; span += 7)
      expect((span * 3_600_000) / chooseResolution(start, hours(span), 300).bucketMs).toBeLessThanOrEqual(300);
  });
});
