import { Telemetry } from '@muster/contracts/mqtt/uplink';
import { FakeClock } from '@muster/testkit/fake-clock';
import { expect, test } from 'vitest';
import type { Reading } from '../ports/source.js';
import { Collector, type TelemetryBody } from './collector.js';

const began = Date.UTC(2026, 10, 21, 12);
const reading = (ms: number, values: Record<string, number | null>): Reading => ({
  place: null,
  asset: null,
  at: new Date(began + ms),
  points: Object.entries(values).map(([metric, value]) => ({ metric, value })),
});
const collect = async (readings: readonly Reading[]) => {
  const sent: { body: TelemetryBody; producedAt: Date }[] = [];
  const collector = new Collector(new FakeClock(), 2000, async (body, _, producedAt) =>
    sent.push({ body, producedAt }),
  );
  for (const one of readings) collector.take(one);
  await collector.flush();
  return sent;
};

test('readings of the same metrics become one block, that says each metric once', async () => {
  const [message] = await collect([
    reading(0, { a: 1, b: 5 }),
    reading(1000, { a: null, b: 6 }),
    reading(2000, { a: 3, b: 7 }),
  ]);
  expect(message).toEqual({
    producedAt: new Date(began + 2000),
    body: { readings: [{ dtMs: [-2000, -1000, 0], values: { a: [1, null, 3], b: [5, 6, 7] } }] },
  });
});

test('a reading of other metrics stands by itself', async () => {
  const [message] = await collect([reading(0, { a: 1 }), reading(500, { b: 2 }), reading(1000, { a: 3 })]);
  expect(message!.body.readings).toEqual([
    { dtMs: -1000, values: { a: 1 } },
    { dtMs: -500, values: { b: 2 } },
    { dtMs: 0, values: { a: 3 } },
  ]);
});

test('a wide register map is sent in messages that hold as many values as one may', async () => {
  const wide = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}`, n]));
  const messages = await collect(Array.from({ length: 64 }, (_, n) => reading(n, wide)));
  const sizes = messages.map(({ body }) => body.readings.map(({ dtMs }) => (dtMs as number[]).length * 100));
  expect(sizes).toEqual([[4_000], [2_400]]);
});

test('what is sent is what the contract takes, after a step of the clock too', async () => {
  const messages = await collect([reading(0, { a: 1 }), reading(86_400_000, { a: 2 }), reading(5_000, { b: 1 })]);
  const header = {
    msgId: 'm',
    deviceId: '0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f',
    seqNo: 1,
    producedAt: new Date(began).toISOString(),
    schemaVersion: 2,
  };
  for (const { body } of messages) expect(Telemetry.safeParse({ ...header, ...body }).error).toBeUndefined();
});
