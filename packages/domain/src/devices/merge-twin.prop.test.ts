import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deltaTwin, diffTwin } from './diff-twin.js';
import { fieldAt, listFields } from './list-fields.js';
import { mergeDocument, sameValue, type TwinDocument } from './merge-twin.js';
import { patchTwin, reviseTwin, rewindTwin } from './patch-twin.js';

const key = fc
  .oneof(fc.constantFrom('a', 'b', 'c', 'a/b', 'm~n'), fc.string({ minLength: 1, maxLength: 4 }))
  .filter((k) => !['__proto__', 'constructor', 'prototype'].includes(k) && !k.includes('\u0000'));
const leaf = fc.oneof(
  fc.boolean(),
  fc.integer(),
  fc.constantFrom('x', 'y', ''),
  fc.array(fc.integer(), { maxLength: 3 }),
);
const { tree } = fc.letrec<{ tree: TwinDocument; node: TwinDocument[string] }>((tie) => ({
  node: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('tree')),
  tree: fc.dictionary(key, tie('node'), { maxKeys: 4 }),
}));
const document = tree;
/** A patch is a document in which some members became null. */
const patch = fc
  .tuple(document, fc.array(key, { maxLength: 3 }))
  .map(([d, gone]): TwinDocument => ({ ...d, ...Object.fromEntries(gone.map((k) => [k, null])) }));

describe('diffTwin', () => {
  it('leads from any document to any other', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        expect(sameValue(mergeDocument(a, diffTwin(a, b)), b)).toBe(true);
      }),
    );
  });

  it('is empty exactly when nothing changed', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        expect(Object.keys(diffTwin(a, a))).toEqual([]);
        expect(Object.keys(diffTwin(a, b)).length === 0).toBe(sameValue(a, b));
      }),
    );
  });

  it('carries no field that is the same on both sides', () => {
    fc.assert(
      fc.property(document, document, (a, b) => {
        for (const { path, value } of listFields(diffTwin(a, b)))
          expect(sameValue(fieldAt(a, path), value === null ? undefined : value)).toBe(false);
      }),
    );
  });
});

describe('mergeDocument', () => {
  it('gives the same document when the same patch arrives twice', () => {
    fc.assert(
      fc.property(document, patch, (d, p) => {
        const once = mergeDocument(d, p);
        expect(mergeDocument(once, p)).toEqual(once);
      }),
    );
  });

  it('never changes its inputs', () => {
    fc.assert(
      fc.property(document, patch, (d, p) => {
        const before = JSON.stringify([d, p]);
        mergeDocument(d, p);
        expect(JSON.stringify([d, p])).toBe(before);
      }),
    );
  });
});

describe('deltaTwin', () => {
  it('is empty once the device reports what was desired, whatever else it reports', () => {
    fc.assert(
      fc.property(document, document, (d, extra) => {
        expect(deltaTwin(d, mergeDocument(extra, d))).toEqual({});
      }),
    );
  });
});

describe('patchTwin', () => {
  it('raises the version by one exactly when the document changed', () => {
    fc.assert(
      fc.property(document, patch, fc.nat(), (d, p, version) => {
        const result = patchTwin({ document: d, version }, p, version);
        if (!result.ok) return;
        expect(result.value.changed).toBe(!sameValue(d, result.value.document));
        expect(result.value.version).toBe(version + (result.value.changed ? 1 : 0));
      }),
    );
  });

  it('can be taken back, any number of steps', () => {
    fc.assert(
      fc.property(document, fc.array(document, { maxLength: 5 }), (first, steps) => {
        const undos: TwinDocument[] = [];
        let now = { document: first, version: 1 };
        for (const step of steps) {
          const revision = reviseTwin(now, step);
          undos.unshift(revision.undo);
          now = revision;
        }
        expect(sameValue(rewindTwin(now.document, undos), first)).toBe(true);
      }),
    );
  });
});
