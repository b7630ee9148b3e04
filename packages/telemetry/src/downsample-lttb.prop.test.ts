import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { downsampleLttb } from './downsample-lttb.js';

const points = fc
  .array(fc.record({ t: fc.integer({ min: 0, max: 1_000_000 }), v: fc.double({ noNaN: true, min: -1e6, max: 1e6 }) }), {
    maxLength: 400,
  })
  .map((list) => list.toSorted((a, b) => a.t - b.t));
const most = fc.integer({ min: 3, max: 100 });

describe('downsampling by the largest triangle', () => {
  it('keeps the first and the last, only what was there in its order, and never more than asked', () => {
    fc.assert(
      fc.property(points, most, (list, limit) => {
        const kept = downsampleLttb(list, limit);
        expect(kept).toHaveLength(Math.min(limit, list.length));
        expect(kept[0]).toBe(list[0]);
        expect(kept.at(-1)).toBe(list.at(-1));
        const places = kept.map((point) => list.indexOf(point));
        expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
      }),
    );
  });

  it('keeps a lone spike', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 500 }), fc.nat(), most, fc.boolean(), (length, seed, limit, up) => {
        const spike = 1 + (seed % (length - 2));
        const list = Array.from({ length }, (_, i) => ({ t: i * 10, v: i === spike ? (up ? 50 : -50) : 20 }));
        expect(downsampleLttb(list, limit)).toContain(list[spike]);
      }),
    );
  });
});
