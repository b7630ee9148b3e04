import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { hashFile, Sha256 } from './sha256.js';

const reference = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('the digest agrees with the platform at every length around a block', () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    expect(new Sha256().update(bytes).hex()).toBe(reference(bytes));
  }
});

test('bytes given in uneven pieces hash as one', () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) & 255);
  const hash = new Sha256();
  for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 3) % 1009)
    hash.update(bytes.subarray(at, at + step));
  expect(hash.hex()).toBe(reference(bytes));
});

test('a file larger than one piece is hashed whole and tells its progress', async () => {
  const bytes = new Uint8Array(9 * 1024 * 1024).fill(42);
  const told: number[] = [];
  expect(await hashFile(new Blob([bytes]), (done) => told.push(done))).toBe(reference(bytes));
  expect(told.at(-1)).toBe(bytes.length);
});
