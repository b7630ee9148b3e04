import { describe, expect, it } from 'vitest';
import { authorBlocksSigning, signerBlocksLaunch } from './judge-signer.js';

const ann = new Set(['ann']);
const ben = new Set(['ben']);
/** An API key that ann made. */
const annsKey = new Set(['key-1', 'ann']);

describe.each([
  ['the author at signing', authorBlocksSigning],
  ['the signer at launching', signerBlocksLaunch],
])('duties kept apart stop %s', (_, blocks) => {
  it('by their own hand, by a key of theirs, and after a key of theirs did it', () => {
    expect([blocks(true, ann, ann), blocks(true, ann, annsKey), blocks(true, annsKey, ann)]).toEqual([
      true,
      true,
      true,
    ]);
    expect([blocks(true, ann, ben), blocks(true, annsKey, ben)]).toEqual([false, false]);
  });

  it('only where the tenant asks for it, and never somebody unknown', () => {
    expect([blocks(false, ann, ann), blocks(true, new Set(), ann)]).toEqual([false, false]);
  });
});
