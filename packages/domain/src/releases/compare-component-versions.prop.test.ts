import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareComponentVersions as compare } from './compare-component-versions.js';
import { matchesRange, parseVersionRange } from './match-version-range.js';

const piece = fc.oneof(
  fc.nat({ max: 20 }).map(String),
  fc.constantFrom('0', '00', '01', 'a', 'w', 'rc', 'beta', 'ubuntu', 'dfsg', 'RC', '~', 'v'),
);
const version = fc
  .tuple(
    fc.constantFrom('', '', '0:', '1:', '2:'),
    fc.array(fc.tuple(piece, fc.constantFrom('', '.', '-', '+', '_', '~')), { minLength: 1, maxLength: 6 }),
  )
  .map(([epoch, pieces]) => epoch + pieces.map(([text, gap]) => text + gap).join(''));
const sign = (n: number) => Math.sign(n) + 0;

describe('the order of versions', () => {
  it('is total: either way round, along a chain, and equal ones are interchangeable', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compare(a, a)).toBe(0);
        expect(sign(compare(a, b))).toBe(sign(-compare(b, a)));
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
        if (compare(a, b) === 0) expect(sign(compare(a, c))).toBe(sign(compare(b, c)));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is a sort that does not depend on where it began', () => {
    fc.assert(
      fc.property(fc.array(version, { maxLength: 12 }), (versions) => {
        const up = versions.toSorted(compare);
        const down = versions.toReversed().toSorted(compare);
        expect(up.map((v, i) => compare(v, down[i]!))).toEqual(up.map(() => 0));
      }),
    );
  });

  it.each([
    ['3.0.2', '3.0.14'],
    ['3.0.2-0ubuntu1', '3.0.14'],
    ['3.0.2-0ubuntu1.9', '3.0.2-0ubuntu1.10'],
    ['3.0.2-15+deb12u1', '3.0.2.1'],
    ['3.0.2', '3.0.2-0ubuntu1'],
    ['1.1.1', '1.1.1a'],
    ['1.1.1k', '1.1.1w'],
    ['1.1.1w', '1.1.2'],
    ['1.34-1', '2:1.30-1'],
    ['3.0~rc1', '3.0'],
    ['1.0.0-rc.1', '1.0.0'],
    ['1.0.0-alpha', '1.0.0-beta'],
    ['9.9', '10.0'],
    ['99999999999999999998', '99999999999999999999'],
  ])('puts %s before %s', (a, b) => {
    expect(compare(a, b)).toBe(-1);
  });

  it.each([
    ['1.0', '1.0.0'],
    ['v1.2.3', '1.2.3'],
    ['1.0-RC1', '1.0-rc1'],
    ['0:1.2', '1.2'],
  ])('holds %s and %s for the same', (a, b) => {
    expect(compare(a, b)).toBe(0);
  });
});

describe('a version range', () => {
  const matches = (range: string, candidate: string) => {
    const parsed = parseVersionRange(range);
    return parsed.ok && matchesRange(parsed.value, candidate);
  };

  it.each([
    ['<3.0.14', ['3.0.2-0ubuntu1', '1.1.1w'], ['3.0.14', '3.1']],
    ['>=1.2 <2', ['1.2', '1.9.9'], ['1.1', '2.0']],
    ['>= 1.2, < 2', ['1.2', '1.9.9'], ['1.1', '2.0']],
    ['=1.0.0', ['1.0.0', '1.0'], ['1.0.1']],
    ['2:1.34-1', ['2:1.34-1'], ['1.34-1']],
  ])('%s takes %j and leaves %j', (range, taken, left) => {
    expect(taken.filter((candidate) => !matches(range, candidate))).toEqual([]);
    expect(left.filter((candidate) => matches(range, candidate))).toEqual([]);
  });

  it.each(['', ' ', '<', '~>1.2', '!=1', '<1.0 or >2', '><1'])('is not %j', (range) => {
    expect(parseVersionRange(range)).toMatchObject({ ok: false, code: 'validation_failed' });
  });
});
