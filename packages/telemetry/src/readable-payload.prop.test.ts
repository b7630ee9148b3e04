import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCbor } from './encode-cbor.js';
import { readablePayload } from './readable-payload.js';

const message = fc.dictionary(
  fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
  fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer())),
);

describe('a payload for people', () => {
  test('says the same in every encoding', () => {
    fc.assert(
      fc.property(message, (body) => {
        const json = Buffer.from(JSON.stringify(body));
        const decoded = JSON.stringify(body, null, 2);
        expect(readablePayload(json)).toEqual({ encoding: 'json', decoded, hex: null });
        for (const [encoding, bytes] of [
          ['cbor', encodeCbor(body)],
          ['gzip', gzipSync(json)],
          ['zstd', zstdCompressSync(json)],
        ] as const) {
          const read = readablePayload(bytes);
          expect(read).toMatchObject({ encoding, hex: null });
          expect(JSON.parse(read.decoded!)).toEqual(JSON.parse(decoded));
        }
      }),
    );
  });

  test('never throws, and whatever is no text can be seen as bytes or as what it says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        const { decoded, hex } = readablePayload(bytes);
        const text = Buffer.from(bytes);
        if (hex !== null) expect(Buffer.from(hex, 'hex')).toEqual(text.subarray(0, 512));
        else if (decoded === null) expect(Buffer.from(text.toString())).toEqual(text);
      }),
    );
  });

  test('is bounded: no bomb, no thousand levels, no megabytes', () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(readablePayload(bomb)).toEqual({ encoding: 'gzip', decoded: null, hex: bomb.toString('hex', 0, 512) });
    const deep = `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
    expect(readablePayload(Buffer.from(deep))).toEqual({ encoding: 'json', decoded: null, hex: null });
    const long = `{"a":[${'1,'.repeat(90_000)}1]}`;
    expect(readablePayload(Buffer.from(long)).decoded).toBe(long);
    expect(readablePayload(Buffer.from(JSON.stringify({ a: 'x'.repeat(200_000) }))).decoded).toBeNull();
  });
});
