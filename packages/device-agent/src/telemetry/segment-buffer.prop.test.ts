import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { MemoryFiles } from '../ports/memory-files.js';
import { SegmentBuffer, type SegmentBufferOptions } from './segment-buffer.js';
import { encodeRecord, scanRecords } from './segment-record.js';

const options: SegmentBufferOptions = {
  folder: 'queue',
  segmentBytes: 300,
  quotaBytes: 1_000_000,
  commitWithinMs: 0,
  newEpoch: () => 7,
};
const open = (files: MemoryFiles, change: Partial<SegmentBufferOptions> = {}) =>
  SegmentBuffer.open(files, systemClock, { ...options, ...change });
const body = (seqNo: number) => Buffer.from(`record ${seqNo} ${'x'.repeat(seqNo % 40)}`);
const keep = (buffer: SegmentBuffer) => buffer.append(body);
const numbers = async (buffer: SegmentBuffer) => (await buffer.pending(0, 100_000)).map(({ seqNo }) => seqNo);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ack' as const),
      from: fc.integer({ min: 1, max: 80 }),
      length: fc.integer({ min: 0, max: 20 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('power cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

describe('the segment buffer', () => {
  test('offers exactly what was kept and not acknowledged, in order, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const files = new MemoryFiles();
        let buffer = await open(files);
        const kept = new Set<number>();
        const acked = new Set<number>();
        for (const what of steps) {
          if (what.do === 'append')
            for (const seqNo of await Promise.all(Array.from({ length: what.n }, () => keep(buffer)))) kept.add(seqNo);
          else if (what.do === 'ack') {
            for (let n = what.from; n <= what.from + what.length; n++) if (kept.has(n)) acked.add(n);
            await buffer.acknowledge(7, [[what.from, what.from + what.length]]);
          } else {
            if (what.do === 'restart') await buffer.close();
            else files.cutPower();
            buffer = await open(files);
          }
          const offered = await numbers(buffer);
          expect(offered).toEqual([...offered].sort((a, b) => a - b));
          // Kept and open: always offered. Acknowledged: may be offered again after a power cut, never lost.
          for (const seqNo of kept) if (!acked.has(seqNo)) expect(offered).toContain(seqNo);
          for (const seqNo of offered) expect(kept).toContain(seqNo);
        }
        const next = await keep(buffer);
        expect(kept.has(next)).toBe(false);
        expect(next).toBe(kept.size + 1);
      }),
      { numRuns: 150 },
    );
  });

  test('finds every intact record around damage, and nothing that is not one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bodies, where, flip) => {
          const encoded = bodies.map((content, i) => encodeRecord(i + 1, content));
          const bytes = Buffer.concat(encoded);
          const at = where % bytes.length;
          bytes[at]! ^= flip;
          const ends = encoded.map((_, i) => encoded.slice(0, i + 1).reduce((sum, record) => sum + record.length, 0));
          const hit = ends.findIndex((end) => end > at);
          const { records } = scanRecords(bytes);
          expect(records.map(({ seqNo }) => seqNo)).toEqual(
            bodies.map((_, i) => i + 1).filter((seqNo) => seqNo !== hit + 1),
          );
        },
      ),
    );
  });
});
