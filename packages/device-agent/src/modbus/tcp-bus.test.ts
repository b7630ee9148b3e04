import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { READ_HOLDING } from './pdu.js';
import { TcpBus, type TcpBusOptions } from './tcp-bus.js';

/** A device that answers each request, by its turn, with whatever a test says. */
type Answer = (request: { transaction: number; unit: number; quantity: number }, socket: Socket) => void;

let server: Server | undefined;
let bus: TcpBus | undefined;
afterEach(async () => {
  await bus?.close();
  server?.close();
});

async function device(answer: Answer, options: Partial<TcpBusOptions> = {}): Promise<TcpBus> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) =>
      answer({ transaction: bytes.readUInt16BE(0), unit: bytes[6]!, quantity: bytes.readUInt16BE(10) }, socket),
    );
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  bus = new TcpBus(
    { host: '127.0.0.1', port, timeoutMs: 150, retries: 0, interRequestDelayMs: 0, unitEcho: 'strict', ...options },
    systemClock,
  );
  return bus;
}

function frame(
  transaction: number,
  unit: number,
  pdu: number[],
  { protocol = 0, length = pdu.length + 1 } = {},
): Buffer {
  const head = Buffer.alloc(7);
  head.writeUInt16BE(transaction, 0);
  head.writeUInt16BE(protocol, 2);
  head.writeUInt16BE(length, 4);
  head[6] = unit;
  return Buffer.concat([head, Buffer.from(pdu)]);
}

const good = (value: number) => [READ_HOLDING, 2, value >> 8, value & 0xff];
const read = (on: TcpBus) => on.read(1, { fn: READ_HOLDING, address: 0, quantity: 1 });

describe('a Modbus TCP bus', () => {
  test('reads what was asked', async () => {
    const on = await device(({ transaction, unit }, socket) => socket.write(frame(transaction, unit, good(4711))));
    expect(await read(on)).toEqual({ ok: true, registers: Uint16Array.of(4711) });
  });

  test.each([
    ['another protocol id', (t: number) => frame(t, 1, good(1), { protocol: 1 }), 'unreachable'],
    ['a length below the least', (t: number) => frame(t, 1, good(1), { length: 1 }), 'unreachable'],
    ['a length above the most', (t: number) => frame(t, 1, good(1), { length: 255 }), 'unreachable'],
    ['another function', (t: number) => frame(t, 1, [4, 2, 0, 1]), 'malformed'],
    ['fewer registers than asked', (t: number) => frame(t, 1, [READ_HOLDING, 0]), 'malformed'],
    ['more registers than asked', (t: number) => frame(t, 1, [READ_HOLDING, 4, 0, 1, 0, 2]), 'malformed'],
    ['a byte count that is not true', (t: number) => frame(t, 1, [READ_HOLDING, 2, 0]), 'malformed'],
    ['another transaction', (t: number) => frame(t + 1, 1, good(1)), 'timeout'],
    ['another unit', (t: number) => frame(t, 9, good(1)), 'timeout'],
    ['nothing', () => Buffer.alloc(0), 'timeout'],
  ] as const)('takes no value from an answer with %s', async (_, answer, fault) => {
    const on = await device(({ transaction }, socket) => socket.write(answer(transaction)));
    expect(await read(on)).toMatchObject({ ok: false, fault });
  });

  test('reads on after an answer that broke the framing', async () => {
    let n = 0;
    const on = await device(({ transaction }, socket) =>
      socket.write(frame(transaction, 1, good(7), n++ === 0 ? { length: 300 } : {})),
    );
    expect(await read(on)).toMatchObject({ ok: false });
    expect(await read(on)).toMatchObject({ ok: true });
    expect(on.counters.connects).toBe(2);
  });

  test('a late answer is never the answer to the next request', async () => {
    let n = 0;
    const on = await device(({ transaction }, socket) => {
      const value = ++n;
      const answer = () => socket.write(frame(transaction, 1, good(value)));
      if (value === 1) setTimeout(answer, 200);
      else setTimeout(answer, 80);
    });
    expect(await read(on)).toMatchObject({ ok: false, fault: 'timeout' });
    expect(await read(on)).toEqual({ ok: true, registers: Uint16Array.of(2) });
    expect(await read(on)).toEqual({ ok: true, registers: Uint16Array.of(3) });
  });

  test('takes an answer of another unit where the gateway is known to do that', async () => {
    const on = await device(({ transaction }, socket) => socket.write(frame(transaction, 255, good(5))), {
      unitEcho: 'any',
    });
    expect(await read(on)).toMatchObject({ ok: true });
  });

  test('asks again when the device is busy', async () => {
    let n = 0;
    const on = await device(
      ({ transaction }, socket) => socket.write(frame(transaction, 1, n++ === 0 ? [0x83, 6] : good(5))),
      { retries: 1 },
    );
    expect(await read(on)).toMatchObject({ ok: true });
  });

  test('an exception is an exception', async () => {
    const on = await device(({ transaction }, socket) => socket.write(frame(transaction, 1, [0x83, 2])));
    expect(await read(on)).toEqual({ ok: false, fault: 'exception', code: 2, detail: 'illegal data address' });
  });

  test('every request settles when the device hangs up or is not there', async () => {
    const on = await device((_, socket) => socket.destroy());
    const results = await Promise.all([read(on), read(on), read(on)]);
    for (const result of results) expect(result).toMatchObject({ ok: false });
    server!.close();
    const nobody = new TcpBus(
      { host: '127.0.0.1', port: 1, timeoutMs: 150, retries: 0, interRequestDelayMs: 0, unitEcho: 'strict' },
      systemClock,
    );
    expect(await read(nobody)).toMatchObject({ ok: false, fault: 'unreachable' });
  });

  test('keeps one request outstanding', async () => {
    let outstanding = 0;
    let most = 0;
    const on = await device(({ transaction }, socket) => {
      most = Math.max(most, ++outstanding);
      setTimeout(() => {
        outstanding--;
        socket.write(frame(transaction, 1, good(1)));
      }, 5);
    });
    await Promise.all(Array.from({ length: 10 }, () => read(on)));
    expect(most).toBe(1);
  });
});
