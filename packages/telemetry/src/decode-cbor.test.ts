import { decode as peerDecode, encode as peerEncode } from 'cbor-x';
import { describe, expect, it } from 'vitest';
import { CborFault, decodeCbor } from './decode-cbor.js';
import { encodeCbor } from './encode-cbor.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const fault = (text: string) => {
  try {
    return `read as ${JSON.stringify(decodeCbor(hex(text)))}`;
  } catch (error) {
    expect(error).toBeInstanceOf(CborFault);
    return (error as Error).message;
  }
};

describe('reading CBOR', () => {
  // RFC 8949 appendix A, as far as JSON knows it.
  it.each([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3903e7', -1000],
    ['f90000', 0],
    ['f93c00', 1],
    ['f97bff', 65_504],
    ['f90001', 2 ** -24],
    ['f9c400', -4],
    ['f97c00', Number.POSITIVE_INFINITY],
    ['f97e00', Number.NaN],
    ['fa47c35000', 100_000],
    ['fb3ff199999999999a', 1.1],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['60', ''],
    ['62c3bc', 'ü'],
    ['64f0908591', '𐅑'],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['80', []],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['a0', {}],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
    ['d9d9f7a0', {}],
  ])('%s is %j', (bytes, value) => expect(decodeCbor(hex(bytes))).toEqual(value));

  it.each([
    ['an array longer than its payload', 'a161619affffffff', 'ends inside an item'],
    ['an array that would fill the memory', 'a161619a06000000', 'ends inside an item'],
    ['a map longer than its payload', 'ba80000000', 'ends inside an item'],
    ['a text longer than its payload', 'a161617a7fffffff', 'ends inside an item'],
    ['a message that was cut', 'a2616101', 'ends inside an item'],
    ['deep nesting', `a16161${'81'.repeat(100_000)}00`, 'nested deeper than 16'],
    ['a date', 'a16161c11a514b67b0', 'tags are not taken'],
    ['a bignum', 'a16161c249010000000000000000', 'tags are not taken'],
    ['a shared value', 'a16161d81c81d81d00', 'tags are not taken'],
    ['bytes', 'a1616142ffff', 'byte strings are not taken'],
    ['undefined', 'a16161f7', 'undefined and other simple values'],
    ['a key that is a number', 'a10102', 'keys of maps must be text'],
    ['text that is not UTF-8', 'a1616162ffff', 'not UTF-8'],
    ['a break in a map of known length', 'a16161ff', 'a break where an item belongs'],
    ['a second item', 'a000', '1 bytes follow'],
    ['a reserved length', 'a161611c', 'not well formed'],
    ['a chunk of another kind', 'a161617f41ffff', 'a chunk of text'],
    ['nothing', '', 'ends inside an item'],
  ])('refuses %s by name', (_, bytes, rule) => expect(fault(bytes)).toContain(rule));

  it('takes a key of a prototype as a field and nothing else', () => {
    const read = decodeCbor(encodeCbor(JSON.parse('{"__proto__":{"polluted":1},"constructor":2}')));
    expect(Object.keys(read as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('knows the same key from another of the same length and beginning', () => {
    const first = { power_w: 1, power_x: 2 };
    expect(decodeCbor(encodeCbor(first))).toEqual(first);
    expect(decodeCbor(encodeCbor({ power_x: 3, power_w: 4 }))).toEqual({ power_x: 3, power_w: 4 });
  });

  it('agrees with a widely used library both ways', () => {
    const message = {
      text: 'Zähler 1',
      long: 'x'.repeat(300),
      numbers: [0, -1, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_295, -4_294_967_296],
      floats: [0.5, 1.1, -3.25, 1e300, Number.NEGATIVE_INFINITY],
      nested: { yes: true, no: false, none: null },
    };
    expect(decodeCbor(peerEncode(message))).toEqual(message);
    expect(peerDecode(encodeCbor(message))).toEqual(message);
    // Which reads longer integers as bigint; here a number is a number.
    const long = [4_294_967_296, Number.MAX_SAFE_INTEGER, -4_294_967_297];
    expect(peerDecode(encodeCbor(long))).toEqual(long.map(BigInt));
    expect(decodeCbor(encodeCbor(long))).toEqual(long);
  });
});
