import { expect, test } from 'vitest';
import { compareVersions, newestByModel } from './newest-releases.js';

test('versions are ordered by number, not by letter', () => {
  expect(['1.10.0', '1.9.2', '2.0.0', '1.9.10'].toSorted(compareVersions)).toEqual([
    '1.9.2',
    '1.9.10',
    '1.10.0',
    '2.0.0',
  ]);
});

test('a pre-release comes before its release and build metadata does not count', () => {
  expect(compareVersions('1.5.0-rc.2', '1.5.0')).toBeLessThan(0);
  expect(compareVersions('1.5.0-rc.10', '1.5.0-rc.2')).toBeGreaterThan(0);
  expect(compareVersions('1.5.0+a', '1.5.0+b')).toBe(0);
});

test('only published releases are anybody’s target', () => {
  const newest = newestByModel([
    { state: 'published', models: ['a', 'b'], version: '1.2.0' },
    { state: 'published', models: ['a'], version: '1.10.0' },
    { state: 'draft', models: ['b'], version: '2.0.0' },
    { state: 'revoked', models: ['a'], version: '3.0.0' },
  ]);
  expect([...newest]).toEqual([
    ['a', '1.10.0'],
    ['b', '1.2.0'],
  ]);
});
