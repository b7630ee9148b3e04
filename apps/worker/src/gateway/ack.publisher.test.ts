import { createLogger } from '@muster/runtime/logging/logger';
import { describe, expect, it } from 'vitest';
import { MemoryTransport } from '../worker.harness.js';
import { AckPublisher } from './ack.publisher.js';
import { Downlink } from './downlink.publisher.js';

const device = { tenant: 'north', deviceId: '01980000-0000-7000-8000-000000000001' };
const setUp = () => {
  const transport = new MemoryTransport();
  const acks = new AckPublisher(new Downlink(transport), createLogger({ process: 'test', level: 'silent' }));
  return { transport, acks };
};

describe('acknowledgements', () => {
  it('go out as exact ranges, one message a device and stream', async () => {
    const { transport, acks } = setUp();
    for (const seqNo of [5, 1, 2, 3, 9]) acks.committed(device, 'telemetry', 0, seqNo);
    acks.committed(device, 'heartbeat', 2, 4);
    await acks.flush();
    expect(transport.to(device, 'ack')).toEqual([
      {
        v: 1,
        stream: 'telemetry',
        epoch: 0,
        ranges: [
          [1, 3],
          [5, 5],
          [9, 9],
        ],
        refused: [],
      },
      { v: 1, stream: 'heartbeat', epoch: 2, ranges: [[4, 4]], refused: [] },
    ]);
  });

  it('say what was refused, which is committed too', async () => {
    const { transport, acks } = setUp();
    acks.refused(device, 'telemetry', 0, 7, 'payload_invalid');
    await acks.flush();
    expect(transport.to(device, 'ack')).toMatchObject([{ ranges: [[7, 7]], refused: [[7, 'payload_invalid']] }]);
  });

  it('are sent once', async () => {
    const { transport, acks } = setUp();
    acks.committed(device, 'telemetry', 0, 1);
    await acks.flush();
    await acks.flush();
    expect(transport.sent).toHaveLength(1);
  });

  it('of other devices survive one that cannot be told', async () => {
    const { transport, acks } = setUp();
    const other = { ...device, deviceId: '01980000-0000-7000-8000-000000000002' };
    const publish = transport.publish.bind(transport);
    transport.publish = (topic, payload) =>
      topic.includes(device.deviceId) ? Promise.reject(new Error('gone')) : publish(topic, payload);
    acks.committed(device, 'telemetry', 0, 1);
    acks.committed(other, 'telemetry', 0, 1);
    await acks.flush();
    expect(transport.to(other, 'ack')).toHaveLength(1);
  });
});

it('a device that shall wait is told so with what is acknowledged, or alone', async () => {
  const { transport, acks } = setUp();
  acks.committed(device, 'telemetry', 0, 1);
  acks.paused(device, 'telemetry', 0, 1_700_000_000_000);
  await acks.flush();
  acks.paused(device, 'telemetry', 0, 1_700_000_001_000);
  await acks.flush();
  expect(transport.to(device, 'ack')).toMatchObject([
    { ranges: [[1, 1]], pauseUntilMs: 1_700_000_000_000 },
    { ranges: [], refused: [], pauseUntilMs: 1_700_000_001_000 },
  ]);
});
