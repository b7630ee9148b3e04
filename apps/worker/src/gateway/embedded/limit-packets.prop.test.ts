import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { limitPackets, PacketMeter } from './limit-packets.js';

const MOST = 300;
const packet = (bytes: number): Buffer =>
  mqttPacket.generate({
    ...{
      cmd: 'publish',
      topic: 't',
      payload: Buffer.alloc(bytes, 0xff),
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    },
  });
/** What follows the fixed header: topic with its length, packet id, payload. */
const lengthOf = (bytes: number): number => 2 + 1 + 2 + bytes;

const cut = (stream: Buffer, places: readonly number[]): Buffer[] => {
  const at = [0, ...places.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => stream.subarray(at[index], end));
};

describe('the packet meter', () => {
  it('accepts a stream exactly when no packet is longer than allowed, however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 20 }), (sizes, places) => {
        const meter = new PacketMeter(MOST);
        const stream = Buffer.concat([...sizes.map(packet), mqttPacket.generate({ cmd: 'pingreq' })]);
        const accepted = cut(stream, places).every((chunk) => meter.accepts(chunk));
        expect(accepted).toBe(sizes.every((bytes) => lengthOf(bytes) <= MOST));
      }),
    );
  });

  it('refuses a length that never ends', () => {
    expect(new PacketMeter(2 ** 28).accepts(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false);
  });

  it('refuses by the announcement alone, before the body comes', () => {
    const connection = new PassThrough();
    let exceeded = 0;
    limitPackets(connection, MOST, () => exceeded++);
    connection.write(packet(1_000_000).subarray(0, 10));
    expect(connection.read()).toBeNull();
    expect([exceeded, connection.destroyed]).toEqual([1, true]);
  });

  it('leaves what has come in the connection while nobody may read, and gives it afterwards', () => {
    const connection = new PassThrough();
    let open = false;
    limitPackets(
      connection,
      MOST,
      () => {},
      () => open,
    );
    connection.write(packet(10));
    expect(connection.read()).toBeNull();
    open = true;
    expect(connection.read()).toEqual(packet(10));
  });
});
