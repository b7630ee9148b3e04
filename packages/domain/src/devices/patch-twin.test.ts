import { describe, expect, it } from 'vitest';
import { documentLimits, findDocumentFault } from './check-document.js';
import { patchTwin } from './patch-twin.js';

const current = { document: { config: { rate: 5, tags: ['a', 'b'] }, mode: 'auto' }, version: 7 };
const accepted = (patch: unknown, expected: number | null = 7) => {
  const result = patchTwin(current, patch, expected);
  if (!result.ok) throw new Error(result.detail);
  return result.value;
};

describe('patchTwin', () => {
  it('merges named fields, deletes nulls and replaces arrays whole', () => {
    expect(accepted({ config: { rate: 9, tags: ['c'] }, mode: null })).toMatchObject({
      document: { config: { rate: 9, tags: ['c'] } },
      version: 8,
      patch: { config: { rate: 9, tags: ['c'] }, mode: null },
      undo: { config: { rate: 5, tags: ['a', 'b'] }, mode: 'auto' },
    });
  });

  it('keeps only what changed of a patch that repeats what is there', () => {
    expect(accepted({ config: { rate: 5, tags: ['a', 'b'] }, mode: 'manual' }).patch).toEqual({ mode: 'manual' });
  });

  it('leaves the version alone when nothing changes', () => {
    expect(accepted({ mode: 'auto' })).toMatchObject({ version: 7, changed: false });
  });

  it('refuses a stale version and answers with the current document', () => {
    expect(patchTwin(current, { mode: 'x' }, 6)).toMatchObject({
      ok: false,
      code: 'precondition_failed',
      facts: { version: 7, document: current.document },
    });
  });

  it('skips the version check when asked to', () => {
    expect(accepted({ mode: 'x' }, null).version).toBe(8);
  });

  it('refuses a patch that is no object', () => {
    for (const patch of [null, [], 'x', 3]) expect(patchTwin(current, patch, 7).ok).toBe(false);
  });

  it('refuses a document that only the merge makes too large', () => {
    const half = 'x'.repeat(documentLimits.characters - 100);
    expect(patchTwin({ document: { a: half }, version: 1 }, { b: 'y'.repeat(200) }, 1)).toMatchObject({
      ok: false,
      code: 'validation_failed',
    });
  });
});

describe('findDocumentFault', () => {
  it('refuses keys that name machinery of the language, wherever they stand', () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"a":{"constructor":1}}', '{"a":[{"b":{"prototype":2}}]}'])
      expect(findDocumentFault(JSON.parse(text))).not.toBeNull();
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  it('refuses hostile nesting without following it', () => {
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`);
    expect(findDocumentFault(deep)?.message).toContain('nested deeper');
  });

  it('refuses what jsonb cannot hold: NUL, a lone surrogate, an infinite number', () => {
    for (const text of ['{"a":"\\u0000"}', '{"a":"\\ud800"}', '{"a":1e400}', '{"\\u0000":1}'])
      expect(findDocumentFault(JSON.parse(text))).not.toBeNull();
  });

  it('names the place of the fault as a JSON pointer', () => {
    expect(findDocumentFault({ a: { 'b/c': Number.NaN } })?.pointer).toBe('/a/b~1c');
  });

  it('accepts an ordinary document', () => {
    expect(findDocumentFault({ a: [1, null, { b: 'ü' }], c: {} })).toBeNull();
  });
});
