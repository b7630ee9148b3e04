import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fingerprintWords } from './fingerprint-words.js';

it('spells the first 66 bits, most significant first', () => {
  expect(fingerprintWords('0'.repeat(64))).toEqual(Array(6).fill('abandon'));
  expect(fingerprintWords('f'.repeat(64))).toEqual(Array(6).fill('zoo'));
  // 00000000001 00000000010 and zeros: the words at places one and two of the list.
  expect(fingerprintWords(`0020080000${'0'.repeat(54)}`).slice(0, 3)).toEqual(['ability', 'able', 'abandon']);
});

it('differs whenever one of the 66 bits does, and only then', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(hex, fc.integer({ min: 0, max: 255 }), (fingerprint, bit) => {
      const flipped = (BigInt(`0x${fingerprint}`) ^ (1n << BigInt(255 - bit))).toString(16).padStart(64, '0');
      const same = fingerprintWords(fingerprint).join() === fingerprintWords(flipped).join();
      expect(same).toBe(bit >= 66);
    }),
  );
});

it('takes nothing but a SHA-256 in lower-case hex', () => {
  for (const wrong of ['', 'F'.repeat(64), 'f'.repeat(63), `${'f'.repeat(64)}0`]) {
    expect(() => fingerprintWords(wrong)).toThrow(RangeError);
  }
});
