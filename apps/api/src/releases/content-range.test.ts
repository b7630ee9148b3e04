import { describe, expect, it } from 'vitest';
import { parseContentRange, parseRange } from './content-range.js';

describe('parseContentRange', () => {
  it('takes a part of the whole, and the whole when nothing is said', () => {
    expect(parseContentRange(undefined, 10)).toEqual({ start: 0, end: 9 });
    expect(parseContentRange('bytes 3-9/10', 10)).toEqual({ start: 3, end: 9 });
    expect(parseContentRange('bytes 3-5/*', 10)).toEqual({ start: 3, end: 5 });
  });

  it.each(['bytes 3-10/10', 'bytes 5-3/10', 'bytes 0-9/11', 'bytes */10', 'items 0-1/10', 'bytes=0-1'])(
    'does not take %s of ten bytes',
    (header) => {
      expect(parseContentRange(header, 10)).toBe('malformed');
    },
  );
});

describe('parseRange', () => {
  it.each([
    ['bytes=0-', { start: 0, end: 9 }],
    ['bytes=4-', { start: 4, end: 9 }],
    ['bytes=4-6', { start: 4, end: 6 }],
    ['bytes=4-100', { start: 4, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=6-4', null],
    ['bytes=0-1,4-5', null],
    ['lines=0-1', null],
    [undefined, null],
  ])('reads %s of ten bytes', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });
});
