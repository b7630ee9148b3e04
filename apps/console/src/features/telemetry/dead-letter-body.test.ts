import { expect, test } from 'vitest';
import { hexLines, jsonFault } from './dead-letter-body.js';

test('bytes stand sixteen to a line', () => {
  expect(hexLines('ff'.repeat(17))).toBe(`0000  ${Array(16).fill('ff').join(' ')}\n0010  ff`);
  expect(hexLines('')).toBe('');
});

test('an edit that is no JSON says so', () => {
  expect(jsonFault('{"seqNo":1}')).toBeNull();
  expect(jsonFault('{"seqNo":')).toMatch(/JSON/);
});
