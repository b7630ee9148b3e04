import { describe, expect, it } from 'vitest';
import { normaliseTelemetry } from './normalise-telemetry.js';

const at = new Date('2026-11-21T12:00:00.000Z');
const uplink = (readings: { dtMs?: number; values: Record<string, number | null> }[]) => ({
  msgId: 'm',
  deviceId: '01980000-0000-7000-8000-000000000001',
  seqNo: 4,
  producedAt: at.toISOString(),
  schemaVersion: 1,
  readings,
});

describe('normalising telemetry', () => {
  it('lays readings out in time order as parallel arrays', () => {
    const normal = normaliseTelemetry(
      uplink([{ values: { a: 3 } }, { dtMs: -2000, values: { a: 1, b: 10 } }, { dtMs: -1000, values: { a: 2 } }]),
      at,
      at,
    );
    expect(normal).toMatchObject({
      dtMs: [-2000, -2000, -1000, 0],
      metric: ['a', 'b', 'a', 'a'],
      value: [1, 10, 2, 3],
      flags: 0,
    });
  });

  it('turns a reading that failed into a flag and no value', () => {
    expect(normaliseTelemetry(uplink([{ values: { a: null, b: 2 } }]), at, at)).toMatchObject({
      metric: ['b'],
      value: [2],
      flags: 16,
    });
  });
});
