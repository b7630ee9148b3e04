import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { isStrongKey } from './strong-key.js';

const rsa = (modulusLength: number, publicExponent?: number) =>
  isStrongKey(
    generateKeyPairSync('rsa', { modulusLength, ...(publicExponent === undefined ? {} : { publicExponent }) })
      .publicKey,
  );
const ec = (namedCurve: string) => isStrongKey(generateKeyPairSync('ec', { namedCurve }).publicKey);

it('takes keys that are neither weak nor dear to verify with', () => {
  expect([rsa(2048), ec('prime256v1'), ec('secp384r1'), ec('secp521r1')]).toEqual(Array(4).fill(true));
  expect(isStrongKey(generateKeyPairSync('ed25519').publicKey)).toBe(true);
  expect([rsa(1024), ec('secp256k1'), ec('sect571r1')]).toEqual([false, false, false]);
  expect(isStrongKey(generateKeyPairSync('x25519').publicKey)).toBe(false);
  const outsize = {
    asymmetricKeyType: 'rsa',
    asymmetricKeyDetails: { modulusLength: 16_384, publicExponent: 65_537n },
  };
  expect(isStrongKey(outsize as never)).toBe(false);
});
