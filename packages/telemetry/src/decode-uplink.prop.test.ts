import { gzipSync, zstdCompressSync } from 'node:zlib';
import { uplinkChannels } from '@muster/contracts/mqtt/topics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePayload } from './decode-payload.js';
import { decodeUplink } from './decode-uplink.js';
import { encodeCbor } from './encode-cbor.js';
import { normaliseTelemetry } from './normalise-telemetry.js';

const deviceId = '01980000-0000-7000-8000-000000000001';
const key = fc.stringMatching(/^[a-z][a-z0-9_.]{0,12}$/);
const value = fc.option(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
  {
    nil: null,
  },
);
const dtMs = fc.integer({ min: -3_600_000, max: 3_600_000 });
const times = fc.array(dtMs, { minLength: 1, maxLength: 6 });
const single = fc.record({ dtMs, values: fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true }) });
const block = fc
  .tuple(times, fc.uniqueArray(key, { maxLength: 5 }), fc.infiniteStream(value))
  .map(([all, keys, some]) => ({
    dtMs: all,
    values: Object.fromEntries(keys.map((one) => [one, all.map(() => some.next().value as number | null)])),
  }));
const message = fc.record({
  msgId: fc.string({ minLength: 1, maxLength: 20 }).filter((text) => text.isWellFormed()),
  deviceId: fc.constant(deviceId),
  seqNo: fc.integer({ min: 0 }),
  producedAt: fc
    .date({ min: new Date(0), max: new Date('2099-12-31T00:00:00.000Z'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  schemaVersion: fc.constant(2),
  readings: fc.array(fc.oneof(single, block), { minLength: 1, maxLength: 5 }),
});
const decode = (payload: Buffer) => decodeUplink('telemetry', deviceId, payload);

/** Bytes that begin like something and go on as they like. */
const bytes = fc
  .tuple(
    fc.constantFrom(
      [],
      [0x7b],
      [0xbf],
      [0xa1, 0x61, 0x61],
      [0xd9, 0xd9, 0xf7],
      [0x1f, 0x8b, 8],
      [0x28, 0xb5, 0x2f, 0xfd],
    ),
    fc.uint8Array({ maxLength: 200 }),
  )
  .map(([first, rest]) => Buffer.concat([Buffer.from(first), rest]));

describe('decoding', () => {
  it('answers any bytes on any channel and never throws', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(...uplinkChannels), (payload, channel) => {
        for (const form of [payload, gzipSync(payload), zstdCompressSync(payload)])
          expect(['decoded', 'refused']).toContain(decodeUplink(channel, deviceId, form).kind);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same message from JSON and CBOR, compressed or not', () => {
    fc.assert(
      fc.property(message, (body) => {
        const json = Buffer.from(JSON.stringify(body));
        const cbor = encodeCbor(body);
        const expected = decode(json);
        expect(expected).toMatchObject({ kind: 'decoded', producedAt: new Date(body.producedAt) });
        for (const form of [cbor, gzipSync(json), zstdCompressSync(json), gzipSync(cbor), zstdCompressSync(cbor)])
          expect(decode(form)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('survives a message of which any byte is another', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (body, place, byte) => {
        for (const payload of [encodeCbor(body), Buffer.from(JSON.stringify(body))]) {
          payload[place % payload.length] = byte;
          expect(['decoded', 'refused']).toContain(decode(payload).kind);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps any JSON value on its way through CBOR', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (body) => {
        const text = JSON.stringify({ body });
        expect(decodePayload(encodeCbor(JSON.parse(text)))).toMatchObject({ body: JSON.parse(text) });
      }),
    );
  });

  it('normalises a block as the single readings it stands for, flags and all', () => {
    fc.assert(
      fc.property(message, ({ readings, ...header }) => {
        const at = new Date(header.producedAt);
        const apart = readings.flatMap((one) =>
          Array.isArray(one.dtMs)
            ? one.dtMs.map((time, i) => ({
                dtMs: time,
                values: Object.fromEntries(
                  Object.entries(one.values).map(([name, list]) => [name, (list as (number | null)[])[i]!]),
                ),
              }))
            : [one],
        );
        const flat = (list: typeof readings) => {
          const normal = normaliseTelemetry({ ...header, readings: list } as never, at, at);
          expect(normal.dtMs).toEqual([...normal.dtMs].sort((a, b) => a - b));
          return normal.slot.map((slot, i) => [
            normal.keys[slot],
            normal.dtMs[i],
            normal.value[i],
            normal.quality?.[i] ?? 0,
          ]);
        };
        expect(flat(readings)).toEqual(flat(apart as typeof readings));
      }),
    );
  });
});
