import { expect, test } from 'vitest';
import { isBinary, jsonFault, prettyBody } from './dead-letter-body.js';

test('JSON is shown with a line per value, and whatever is none as it came', () => {
  expect(prettyBody('{"seqNo":1}')).toBe('{\n  "seqNo": 1\n}');
  expect(prettyBody('{"seqNo":')).toBe('{"seqNo":');
});

test('bytes that are no text are known by their replacement characters', () => {
  expect(isBinary(new TextDecoder().decode(new Uint8Array([0xa3, 0x61, 0x74])))).toBe(true);
  expect(isBinary('{"température":1}')).toBe(false);
});

test('an edit that is no JSON says so', () => {
  expect(jsonFault('{"seqNo":1}')).toBeNull();
  expect(jsonFault('{"seqNo":')).toMatch(/JSON/);
});
