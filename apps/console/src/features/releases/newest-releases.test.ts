import { expect, test } from 'vitest';
import { newestByModel } from './newest-releases.js';

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
