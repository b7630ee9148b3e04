import { describe, expect, test } from 'vitest';
import { habitCanaries } from './habits.canaries.js';
import { habits } from './habits.js';
import { sourceFiles } from './tree.js';

const files = sourceFiles().filter(({ path }) => !path.startsWith('tools/house/'));

describe('the habits of the house', () => {
  test.each(habits)('$name', ({ where, offences, why }) => {
    const found = files
      .filter(({ path }) => where(path))
      .flatMap((file) => offences(file).map((o) => `${file.path} ${o}`));
    expect(found, why).toEqual([]);
  });

  test.each(habitCanaries)('a file that breaks “$habit” is caught', ({ habit, path, text, offences }) => {
    const rule = habits.find(({ name }) => name === habit);
    expect(rule?.where(path)).toBe(true);
    expect(rule?.offences({ path, text })).toHaveLength(offences);
  });

  test('each have a canary', () => {
    expect(habits.map(({ name }) => name)).toEqual(habitCanaries.map(({ habit }) => habit));
  });
});
