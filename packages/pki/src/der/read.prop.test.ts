import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerFault, readDer, readOid, readSmallInteger, readTime } from './read.js';
import * as der from './write.js';

describe('strict DER', () => {
  it('reads back every integer and OID it writes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 8 }), (n, arcs) => {
        expect(readSmallInteger(readDer(der.integer(n)))).toBe(n);
        const dotted = ['1', '3', ...arcs].join('.');
        expect(readOid(readDer(der.oid(dotted)))).toBe(dotted);
      }),
    );
  });

  it('reads back times before and after 2050', () => {
    for (const text of ['2026-12-01T12:00:00.000Z', '2049-12-31T23:59:59.000Z', '2050-01-01T00:00:00.000Z']) {
      expect(readTime(readDer(der.time(new Date(text)))).toISOString()).toBe(text);
    }
  });

  it('answers any bytes with a node that covers them or with a DerFault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(readDer(Buffer.from(bytes)).raw).toEqual(Buffer.from(bytes));
        } catch (fault) {
          expect(fault).toBeInstanceOf(DerFault);
        }
      }),
    );
  });

  it.each([
    ['indefinite length', '3080020100000000'],
    ['a length in more bytes than needed', '308103020100'],
    ['a length with a leading zero', '30820003020100'],
    ['trailing bytes', '300302010000'],
    ['an integer with a needless zero', '02020001'],
    ['a constructed string', '2403040100'],
    ['a boolean that is neither 00 nor ff', '010101'],
    ['a value that ends early', '3005020100'],
  ])('refuses %s', (_, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'))).toThrow(DerFault);
  });

  it('refuses deep nesting and many elements without running out of stack', () => {
    let deep = der.integer(1);
    for (let i = 0; i < 5_000; i++) deep = der.sequence(deep);
    expect(() => readDer(deep)).toThrow('nested too deeply');
    expect(() => readDer(der.sequence(...Array.from({ length: 20_000 }, () => der.nothing())))).toThrow(
      'too many elements',
    );
  });
});
