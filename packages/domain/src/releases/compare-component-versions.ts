import { compareNumbers } from './compare-versions.js';

type Token = string | null;

/** Words that stand for something before the release they are attached to. */
const BEFORE = /^(alpha|beta|rc|cr|pre|preview|dev|snapshot|m|milestone)$/;

const rankOf = (token: Token): number => {
  if (token === null) return 2;
  if (token === '~') return 0;
  if (/^\d/.test(token)) return 4;
  return BEFORE.test(token) ? 1 : 3;
};

const compareTokens = (a: Token, b: Token): number => {
  const [left, right] = [rankOf(a), rankOf(b)];
  if (left !== right) return left < right ? -1 : 1;
  if (a === null || b === null) return 0;
  if (left === 4) return compareNumbers(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
};

/** Numbers and words of one part; zeros that end a run of numbers say nothing, so that 1.0 is 1.0.0. */
const tokensOf = (part: string): string[] => {
  const kept: string[] = [];
  let zeros = 0;
  for (const token of part.match(/~|\d+|[a-z]+/g) ?? []) {
    if (/^0+$/.test(token)) {
      zeros += 1;
      continue;
    }
    if (/^\d/.test(token)) kept.push(...Array<string>(zeros).fill('0'));
    zeros = 0;
    kept.push(token);
  }
  return kept;
};

/** `[epoch:]part[-part…]`, e.g. `2:1.34-1`: what stands before a dash outweighs what stands after it. */
const partsOf = (version: string): [epoch: string, parts: string[][]] => {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?v?(.*)$/s.exec(version.trim().toLowerCase()) ?? [];
  return [epoch, rest.split('-').map(tokensOf)];
};

/**
 * Order of two versions as packages carry them, which are not semantic: `3.0.2-0ubuntu1`, `1.1.1w`, `2:1.34-1`,
 * `1.0~rc1`. Below 0, 0 or above 0. An epoch outweighs all; a tilde, and words such as rc, come before the end; the end
 * before other letters, and letters before numbers. Case, `v` in front and trailing zeros do not count.
 */
export const compareComponentVersions = (left: string, right: string): number => {
  const [[aEpoch, a], [bEpoch, b]] = [partsOf(left), partsOf(right)];
  const epochs = compareNumbers(aEpoch, bEpoch);
  if (epochs !== 0) return epochs;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? [], b[i] ?? []];
    for (let k = 0; k < Math.max(x.length, y.length); k++) {
      const step = compareTokens(x[k] ?? null, y[k] ?? null);
      if (step !== 0) return step;
    }
  }
  return 0;
};
