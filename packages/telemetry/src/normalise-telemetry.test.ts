import type { Telemetry } from '@muster/contracts/mqtt/uplink';
import { describe, expect, it } from 'vitest';
import { normaliseTelemetry } from './normalise-telemetry.js';

const at = new Date('2026-11-21T12:00:00.000Z');
const normalise = (readings: Telemetry['readings']) =>
  normaliseTelemetry(
    {
      msgId: 'm',
      deviceId: '01980000-0000-7000-8000-000000000001',
      seqNo: 4,
      producedAt: at.toISOString(),
      schemaVersion: 2,
      readings,
    },
    at,
    at,
  );

describe('normalising telemetry', () => {
  it('lays readings out in time order as parallel arrays', () => {
    const normal = normalise([
      { dtMs: 0, values: { a: 3 } },
      { dtMs: -2000, values: { a: 1, b: 10 } },
      { dtMs: -1000, values: { a: 2 } },
    ]);
    expect(normal).toMatchObject({
      keys: ['a', 'b'],
      dtMs: [-2000, -2000, -1000, 0],
      slot: [0, 1, 0, 0],
      value: [1, 10, 2, 3],
      quality: null,
      flags: 0,
    });
  });

  it('reads a block as the readings it stands for', () => {
    const block = normalise([{ dtMs: [-2000, -1000, 0], values: { a: [1, 2, 3], b: [4, null, 6] } }]);
    const single = normalise([
      { dtMs: -2000, values: { a: 1, b: 4 } },
      { dtMs: -1000, values: { a: 2, b: null } },
      { dtMs: 0, values: { a: 3, b: 6 } },
    ]);
    expect(block).toEqual(single);
  });

  it('keeps the place of a reading that failed, flagged and without a value', () => {
    expect(normalise([{ dtMs: 0, values: { a: 1, b: null, c: Number.POSITIVE_INFINITY, d: 2 } }])).toMatchObject({
      keys: ['a', 'b', 'c', 'd'],
      value: [1, Number.NaN, Number.NaN, 2],
      quality: [0, 1, 2, 0],
      flags: 16,
    });
  });

  it('keeps what is beyond any measurement and flags it as out of range', () => {
    expect(normalise([{ dtMs: 0, values: { a: 1.7e308, b: -2e150, c: 1e150 } }])).toMatchObject({
      value: [1.7e308, -2e150, 1e150],
      quality: [4, 4, 0],
    });
  });

  it('sorts flags along with their values', () => {
    const normal = normalise([
      { dtMs: 0, values: { a: null } },
      { dtMs: -1000, values: { a: 1 } },
    ]);
    expect(normal).toMatchObject({ dtMs: [-1000, 0], value: [1, Number.NaN], quality: [0, 1] });
  });

  it('names each of many metrics once', () => {
    const names = Array.from({ length: 100 }, (_, i) => `m${i}`);
    const values = Object.fromEntries(names.map((name, i) => [name, i]));
    const turned = Object.fromEntries(names.map((name, i) => [name, i] as const).reverse());
    const normal = normalise([
      { dtMs: -1, values },
      { dtMs: 0, values: turned },
    ]);
    expect(normal.keys).toEqual(names);
    expect(normal.slot.map((slot) => normal.keys[slot])).toEqual([...names, ...names.toReversed()]);
  });
});
