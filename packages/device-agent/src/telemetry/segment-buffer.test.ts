import { describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { MemoryFiles } from '../ports/memory-files.js';
import { SegmentBuffer } from './segment-buffer.js';

const open = (files: MemoryFiles, quotaBytes = 1_000_000) =>
  SegmentBuffer.open(files, systemClock, {
    folder: 'queue',
    segmentBytes: 300,
    quotaBytes,
    commitWithinMs: 0,
    newEpoch: () => 7,
  });
const fill = async (buffer: SegmentBuffer, n: number) => {
  for (let i = 0; i < n; i++) await buffer.append((seqNo) => Buffer.from(`record ${seqNo} ${'x'.repeat(40)}`));
};

describe('the segment buffer', () => {
  test('frees whole segments once all in them is acknowledged', async () => {
    const files = new MemoryFiles();
    const buffer = await open(files);
    await fill(buffer, 20);
    const before = buffer.bytes;
    await buffer.acknowledge(7, [[1, 12]]);
    expect(buffer.bytes).toBeLessThan(before);
    expect(buffer.size).toBe(8);
  });

  test('counts on after everything is acknowledged and the device restarts', async () => {
    const files = new MemoryFiles();
    const buffer = await open(files);
    await fill(buffer, 20);
    await buffer.acknowledge(7, [[1, 20]]);
    await buffer.close();
    const again = await open(files);
    expect(again.size).toBe(0);
    expect(await again.append(() => Buffer.from('next'))).toBe(21);
    expect(again.epoch).toBe(7);
  });

  test('an acknowledgement of another epoch frees nothing', async () => {
    const buffer = await open(new MemoryFiles());
    await fill(buffer, 3);
    await buffer.acknowledge(8, [[1, 3]]);
    expect(buffer.size).toBe(3);
  });

  test('over its quota it gives up the oldest and says which: kept and lost add up', async () => {
    const buffer = await open(new MemoryFiles(), 900);
    await fill(buffer, 60);
    expect(buffer.bytes).toBeLessThanOrEqual(900);
    const lost = buffer.losses.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    expect(buffer.losses).toHaveLength(1);
    expect(buffer.losses[0]).toMatchObject({ from: 1, reason: 'quota' });
    expect(lost + buffer.size).toBe(60);
  });

  test('records spoilt in the middle are declared lost, the rest is offered', async () => {
    const files = new MemoryFiles();
    const buffer = await open(files);
    await fill(buffer, 4);
    await buffer.close();
    const [path] = files.paths().filter((name) => name.endsWith('.seg'));
    const bytes = Buffer.from((await files.read(path!))!);
    bytes[100]! ^= 0xff;
    await files.replace(path!, bytes);
    const again = await open(files);
    expect(again.losses).toEqual([{ from: 2, to: 2, reason: 'corrupt' }]);
    expect((await again.pending(0, 10)).map(({ seqNo }) => seqNo)).toEqual([1, 3, 4]);
  });

  test('a closed segment that lost its end is noticed', async () => {
    const files = new MemoryFiles();
    const buffer = await open(files);
    await fill(buffer, 8);
    await buffer.close();
    const [path] = files.paths().filter((name) => name.endsWith('.seg'));
    await files.truncate(path!, 100);
    const again = await open(files);
    const lost = again.losses.reduce((sum, { from, to }) => sum + to - from + 1, 0);
    expect(lost).toBeGreaterThan(0);
    expect(again.size + lost).toBe(8);
  });

  test('a record in the making is not offered before it is durable', async () => {
    const buffer = await open(new MemoryFiles());
    const kept = buffer.append(() => Buffer.from('a'));
    expect(await buffer.pending(0, 10)).toEqual([]);
    await kept;
    expect(await buffer.pending(0, 10)).toHaveLength(1);
  });
});
