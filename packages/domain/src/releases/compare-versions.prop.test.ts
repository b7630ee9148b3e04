import fc from 'fast-check';
import { compare } from 'semver';
import { expect, it } from 'vitest';
import { compareVersions } from './compare-versions.js';

const number = fc.nat({ max: 30 }).map(String);
const tail = fc.array(fc.oneof(number, fc.constantFrom('rc', 'alpha', 'beta', 'x-1', 'RC')), {
  minLength: 1,
  maxLength: 3,
});
const version = fc
  .tuple(number, number, number, fc.option(tail), fc.boolean())
  .map(([a, b, c, t, built]) => `${a}.${b}.${c}${t ? `-${t.join('.')}` : ''}${built ? '+build.7' : ''}`);

it('versions have the precedence the reference implementation gives them', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(a, b)) + 0).toBe(compare(a, b) + 0);
    }),
    { numRuns: 2_000 },
  );
});
