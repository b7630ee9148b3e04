import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import {
  type ArchivedMessage,
  type ArchivedReading,
  ParquetArchive,
  readParquetArchive,
  sumsOf,
} from './parquet-archive.js';

const folder = mkdtempSync(join(tmpdir(), 'muster-parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const time = fc.date({ min: new Date(-1e12), max: new Date('2200-01-01'), noInvalidDate: true });
const words = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }));
const reading = (quality: boolean): fc.Arbitrary<ArchivedReading> =>
  fc.record({
    metric: fc.constantFrom('power', 'energy', 'température'),
    unit: fc.constantFrom(null, 'W', 'kWh'),
    dtMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    value: fc.double(),
    quality: quality ? fc.integer({ min: 0, max: 127 }) : fc.constant(null),
  });
const message: fc.Arbitrary<ArchivedMessage> = fc.record({
  deviceId: fc.uuid(),
  place: words,
  asset: words,
  kind: fc.constantFrom('heartbeat', 'telemetry'),
  seqNo: fc.maxSafeNat(),
  schemaVersion: fc.integer({ min: 1, max: 9 }),
  producedAt: time,
  receivedAt: time,
  correctedAt: fc.option(time),
  flags: fc.nat(255),
  readings: fc.boolean().chain((some) => fc.array(reading(some), { maxLength: 6 })),
  extra: fc.option(fc.json()),
});

test('an archive says exactly what was put into it, in order, and its sums are those of the rows', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(message, { maxLength: 8 }), { maxLength: 4 }), async (batches) => {
      const path = join(folder, `${n++}.parquet`);
      const archive = new ParquetArchive(path, { tenant: 'north' });
      for (const batch of batches) archive.write(batch);
      const sums = archive.finish();
      const read: ArchivedMessage[] = [];
      for await (const batch of readParquetArchive(path)) read.push(...batch);
      expect(read).toEqual(batches.flat());
      expect(await sumsOf(path)).toEqual(sums);
      expect(sums.rows).toBe(read.length);
    }),
    { numRuns: 60 },
  );
});

test('one changed value changes the sums', async () => {
  const one = fc.sample(message, { numRuns: 1, seed: 7 })[0]!;
  const digests = [1, 2].map((value) => {
    const archive = new ParquetArchive(join(folder, `value-${value}.parquet`), {});
    archive.write([{ ...one, readings: [{ metric: 'power', unit: null, dtMs: 0, value, quality: null }] }]);
    return archive.finish().digest;
  });
  expect(digests[0]).not.toBe(digests[1]);
});

test('the sign of zero survives beside many other zeros', async () => {
  const one = fc.sample(message, { numRuns: 1, seed: 7 })[0]!;
  const path = join(folder, 'zeros.parquet');
  const archive = new ParquetArchive(path, {});
  const zero = (n: number) => ({ metric: 'power', unit: null, dtMs: 0, value: n === 7 ? -0 : 0, quality: null });
  archive.write([{ ...one, readings: Array.from({ length: 500 }, (_, n) => zero(n)) }]);
  const sums = archive.finish();
  expect(await sumsOf(path)).toEqual(sums);
});
