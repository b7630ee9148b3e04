import { expect, test } from 'vitest';
import { cutNames } from './find-named-devices.js';

test('a pasted list is cut at lines, commas, semicolons and spaces, each name once', () => {
  expect(cutNames('GW-1, GW-2;GW-3\n"GW-4"  GW-1\n\n')).toEqual(['GW-1', 'GW-2', 'GW-3', 'GW-4']);
  expect(cutNames('  \n')).toEqual([]);
});
