import { done, type Result, refused } from '../result.js';
import { compareComponentVersions } from './compare-component-versions.js';

const operators = {
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
  '=': (order: number) => order === 0,
} as const;
type Operator = keyof typeof operators;

/** Every bound holds. */
export type VersionRange = readonly { readonly operator: Operator; readonly version: string }[];

/** Reads `<3.0.14`, `>=1.2 <2`, `=1.0.0`; a version alone is that version. Bounds stand apart by blanks or commas. */
export const parseVersionRange = (text: string): Result<VersionRange, 'validation_failed'> => {
  const bounds = text
    .replace(/([<>=])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((bound) => bound !== '');
  if (bounds.length === 0) return refused('validation_failed', 'names no version');
  const range: { operator: Operator; version: string }[] = [];
  for (const bound of bounds) {
    // Only an operator makes a word a version: in `<1 or >2` nobody means the version "or".
    const [, operator = '=', version] =
      /^(?:(<=|>=|<|>|=)(?=[0-9A-Za-z])|(?=v?\d))([0-9A-Za-z.+~:_-]+)$/.exec(bound) ?? [];
    if (version === undefined)
      return refused('validation_failed', `has a bound that is none, ${bound}: write <3.0.14, >=1.2 <2 or =1.0.0`);
    range.push({ operator: operator as Operator, version });
  }
  return done(range);
};

export const matchesRange = (range: VersionRange, version: string): boolean =>
  range.every((bound) => operators[bound.operator](compareComponentVersions(version, bound.version)));
