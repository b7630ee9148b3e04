import { expect, it } from 'vitest';
import { pointerInWhole, splitDocument } from './split-document.js';

const document = { kind: 'x', extra: 1, short: [1, 2], long: ['a', 'b', 'c', 'd', 'e'] };

it('a document is cut at its long lists and nothing of it is lost', () => {
  const parts = splitDocument(document, ['kind'], 2);
  expect(parts.map((part) => part.document)).toEqual([
    { kind: 'x', extra: 1, short: [1, 2], long: ['a', 'b'] },
    { kind: 'x', long: ['c', 'd'] },
    { kind: 'x', long: ['e'] },
  ]);
  expect(parts.flatMap((part) => part.document.long)).toEqual(document.long);
});

it('a place in a part is a place in the whole', () => {
  const [whole, , last] = splitDocument(document, ['kind'], 2);
  expect(pointerInWhole('/long/1/name', whole!)).toBe('/long/1/name');
  expect(pointerInWhole('/long/0/name', last!)).toBe('/long/4/name');
  expect(pointerInWhole('/kind', last!)).toBe('/kind');
});
