import { expect, test } from 'vitest';
import { isPublicAddress } from './public-post.js';

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:10.0.0.1',
  '64:ff9b::a00:1',
  'fd00::1',
  'fe80::1',
])('%s does not lead out', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['1.1.1.1', '172.32.0.1', '8.8.8.8', '2606:4700::1111'])('%s leads out', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});
