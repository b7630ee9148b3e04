import { FakeClock } from '@muster/testkit/fake-clock';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BlockAssembly } from './block-assembly.js';
import type { Block } from './coap-message.js';

const block = (offset: number, size: number, more: boolean): Block => ({
  offset,
  size,
  more,
  raw: Buffer.from([offset]),
});
const blocksOf = (body: Buffer, size: number) =>
  Array.from({ length: Math.max(1, Math.ceil(body.length / size)) }, (_, n) => {
    const payload = body.subarray(n * size, (n + 1) * size);
    return { block: block(n * size, size, (n + 1) * size < body.length), payload };
  });
const open = (limits = { transfers: 2, bytes: 4_000 }) => {
  const clock = new FakeClock();
  return { clock, blocks: new BlockAssembly(clock, limits) };
};

describe('a body in blocks', () => {
  test('comes out as it went in, whatever is sent twice', () => {
    const body = fc.uint8Array({ minLength: 1, maxLength: 2_000 });
    fc.assert(
      fc.property(body, fc.constantFrom(16, 64, 256), fc.func(fc.boolean()), (bytes, size, again) => {
        const { blocks } = open();
        const parts = blocksOf(Buffer.from(bytes), size);
        let out: unknown;
        for (const [n, { block, payload }] of parts.entries()) {
          out = blocks.add('peer', block, payload);
          if (block.more && again(n)) expect(blocks.add('peer', block, payload)).toMatchObject({ code: '2.31' });
        }
        expect(Buffer.compare(out as Buffer, Buffer.from(bytes))).toBe(0);
        expect(blocks.size).toBe(0);
      }),
    );
  });

  test('with a block missing is refused, and may begin again', () => {
    const { blocks } = open();
    const part = Buffer.alloc(16);
    expect(blocks.add('peer', block(0, 16, true), part)).toMatchObject({ code: '2.31' });
    expect(blocks.add('peer', block(32, 16, true), part)).toEqual({ code: '4.08' });
    expect(blocks.add('other', block(16, 16, false), part)).toEqual({ code: '4.08' });
    expect(blocks.add('peer', block(0, 16, true), part)).toMatchObject({ code: '2.31' });
    expect(blocks.add('peer', block(16, 16, false), part)).toHaveLength(32);
  });

  test('is bounded in size and number, and one that stopped makes room', () => {
    const { clock, blocks } = open({ transfers: 2, bytes: 40 });
    const part = Buffer.alloc(16);
    for (const peer of ['a', 'b']) blocks.add(peer, block(0, 16, true), part);
    expect(blocks.add('c', block(0, 16, true), part)).toEqual({ code: '5.03', maxAgeS: 30 });
    blocks.add('a', block(16, 16, true), part);
    for (const more of [true, true, false])
      expect(blocks.add('a', block(32, 16, more), part)).toEqual({ code: '4.13', size1: 40 });
    expect(blocks.size).toBe(1);
    blocks.add('c', block(0, 16, true), part);
    clock.advance(90_001);
    expect(blocks.add('d', block(0, 16, true), part)).toMatchObject({ code: '2.31' });
    expect(blocks.size).toBe(1);
  });

  test('of the wrong length is no block', () => {
    const { blocks } = open();
    expect(blocks.add('a', block(0, 16, true), Buffer.alloc(15))).toEqual({ code: '4.00' });
    expect(blocks.add('a', block(0, 16, false), Buffer.alloc(17))).toEqual({ code: '4.00' });
  });
});
