import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { expect, test } from 'vitest';
import { MemoryFiles } from '../ports/memory-files.js';
import { SegmentBuffer } from '../telemetry/segment-buffer.js';
import { UplinkStream } from './uplink-stream.js';

/** A stream on a server that takes `takes` messages a pause and holds the others back without a word of them. */
const setUp = async () => {
  const clock = new FakeClock();
  const settings = { folder: 'q', segmentBytes: 10_000, quotaBytes: 1_000_000, commitWithinMs: 0, newEpoch: () => 3 };
  const buffer = await SegmentBuffer.open(new MemoryFiles(), clock, settings);
  const server = { takes: 10, published: [] as number[], taken: new Set<number>() };
  const options = { channel: 'telemetry' as const, deviceId: 'd', window: 16, resendMs: 20_000 };
  const stream = new UplinkStream(options, buffer, clock, async (_channel, payload) => {
    const { seqNo } = JSON.parse(Buffer.from(payload).toString()) as { seqNo: number };
    server.published.push(seqNo);
    if (server.takes-- > 0) {
      server.taken.add(seqNo);
      stream.acknowledged({ v: 1, stream: 'telemetry', epoch: 3, ranges: [[seqNo, seqNo]], refused: [] });
    } else {
      const pauseUntilMs = clock.now().getTime() + 5_000;
      stream.acknowledged({ v: 1, stream: 'telemetry', epoch: 3, ranges: [], refused: [], pauseUntilMs });
    }
    return true;
  });
  return { clock, stream, server };
};

test('a device that is told to wait sends nothing meanwhile, goes on afterwards and loses nothing', async () => {
  const { clock, stream, server } = await setUp();
  for (let i = 0; i < 60; i++) await stream.offer({ readings: [] });
  stream.wentOnline();
  await assertEventually(() => expect(server.published.length).toBeGreaterThan(10));
  await assertEventually(() => expect(clock.pending).toBe(1));
  const before = server.published.length;
  clock.advance(4_999);
  await stream.offer({ readings: [] });
  expect(server.published).toHaveLength(before);

  server.takes = Number.POSITIVE_INFINITY;
  await assertEventually(() => {
    clock.advance(5_000);
    expect(stream.backlog).toBe(0);
  });
  expect([...server.taken].sort((a, b) => a - b)).toEqual(Array.from({ length: 61 }, (_, n) => n + 1));
});
