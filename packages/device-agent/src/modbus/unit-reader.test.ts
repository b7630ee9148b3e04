import { FakeClock } from '@muster/testkit/fake-clock';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../ports/clock.js';
import type { ReadRequest } from './pdu.js';
import type { Bus, ReadResult } from './tcp-bus.js';
import { type ReaderPoint, UnitReader } from './unit-reader.js';

const point = (key: string, address: number, table: 'holding' | 'input' = 'holding'): ReaderPoint => ({
  key,
  table,
  address,
  width: 1,
  format: { type: 'uint16', order: 'ABCD', scale: 1, offset: 0, sentinels: [] },
});

/** A device of which only some registers exist, and that knows how much it can answer at once. */
function deviceWith(answer: (request: ReadRequest) => ReadResult): { bus: Bus; asked: ReadRequest[] } {
  const asked: ReadRequest[] = [];
  const bus: Bus = {
    counters: {},
    close: async () => undefined,
    read: async (_unit, request) => {
      asked.push(request);
      return answer(request);
    },
  };
  return { bus, asked };
}

const registers = ({ address, quantity }: ReadRequest): ReadResult => ({
  ok: true,
  registers: Uint16Array.from({ length: quantity }, (_, i) => address + i),
});
const exception = (code: number): ReadResult => ({ ok: false, fault: 'exception', code, detail: `exception ${code}` });

function reader(bus: Bus) {
  const fake = new FakeClock();
  const clock: Clock = { now: () => fake.now(), monotonic: () => fake.monotonic(), after: () => () => undefined };
  return { fake, reader: new UnitReader(bus, clock, { unit: 1, maxRegs: 125, maxGap: 8, holes: [] }) };
}

describe('a unit reader', () => {
  test('leaves out only the register the device refuses, and does not ask for it again', async () => {
    const { bus, asked } = deviceWith((request) =>
      request.address <= 12 && request.address + request.quantity > 12 ? exception(2) : registers(request),
    );
    const on = reader(bus).reader;
    const points = [10, 11, 12, 13].map((address) => point(`p${address}`, address));
    const first = await on.read(points);
    expect(first.values.map(({ point: { key }, decoded }) => [key, decoded.value])).toEqual([
      ['p10', 10],
      ['p11', 11],
      ['p13', 13],
    ]);
    asked.length = 0;
    const second = await on.read(points);
    expect(second.faults).toEqual([]);
    expect(asked.every(({ address, quantity }) => address + quantity <= 12 || address > 12 || quantity > 1)).toBe(true);
  });

  test('halves what it asks for until the device can answer', async () => {
    const { bus, asked } = deviceWith((request) => (request.quantity > 10 ? exception(3) : registers(request)));
    const on = reader(bus).reader;
    const points = Array.from({ length: 40 }, (_, i) => point(`p${i}`, i));
    const { values } = await on.read(points);
    expect(values).toHaveLength(40);
    asked.length = 0;
    expect((await on.read(points)).values).toHaveLength(40);
    expect(asked.every(({ quantity }) => quantity <= 10)).toBe(true);
  });

  test('gives up a table the device does not have', async () => {
    const { bus, asked } = deviceWith((request) => (request.fn === 4 ? exception(1) : registers(request)));
    const on = reader(bus).reader;
    const points = [point('a', 1), point('b', 1, 'input')];
    expect((await on.read(points)).values).toHaveLength(1);
    asked.length = 0;
    expect((await on.read(points)).faults).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  test('leaves a silent unit alone for longer and longer, and takes it back with its first answer', async () => {
    let silent = true;
    const { bus, asked } = deviceWith((request) =>
      silent ? { ok: false, fault: 'timeout', detail: 'no answer' } : registers(request),
    );
    const { reader: on, fake } = reader(bus);
    for (let i = 0; i < 3; i++) await on.read([point('a', 1)]);
    expect(on.breaker.state).toBe('degraded');
    asked.length = 0;
    await on.read([point('a', 1)]);
    expect(asked).toHaveLength(0);
    fake.advance(5_000);
    await on.read([point('a', 1)]);
    expect(asked).toHaveLength(1);
    fake.advance(5_000);
    await on.read([point('a', 1)]);
    expect(asked).toHaveLength(1);
    silent = false;
    fake.advance(5_000);
    expect((await on.read([point('a', 1)])).values).toHaveLength(1);
    expect(on.breaker.state).toBe('up');
  });

  test('a value outside its valid range is no value', async () => {
    const { bus } = deviceWith(registers);
    const { values } = await reader(bus).reader.read([{ ...point('a', 50), valid: [0, 40] }]);
    expect(values[0]!.decoded).toEqual({ value: null, quality: 'bad.outOfRange' });
  });
});
