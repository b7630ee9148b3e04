import { expect, test } from 'vitest';
import { newestInService } from './newest-in-service.js';

const release = (version: string, state: 'published' | 'revoked' = 'published') => ({
  version,
  state,
  models: ['a', 'b'],
});
const campaign = (releaseVersion: string, state: 'halted' | 'failed' | 'completed', createdAt: string) => ({
  releaseVersion,
  state,
  createdAt,
  parentId: null,
});
const runs = (version: string, model = 'a', count = 3) => ({ model, version, count });

test('a release that no device of the model runs is not the one it is measured by', () => {
  const newest = newestInService(
    { firmware: [runs('1.1.0'), runs('1.2.0', 'b')] },
    ['1.1.0', '1.2.0', '1.3.0'].map((v) => release(v)),
    [],
  );
  expect([...newest]).toEqual([
    ['a', '1.1.0'],
    ['b', '1.2.0'],
  ]);
});

test('a version that halted or was revoked does not count while devices still run it', () => {
  const firmware = [runs('1.1.0'), runs('1.2.0'), runs('1.3.0')];
  const releases = [release('1.1.0'), release('1.2.0', 'revoked'), release('1.3.0')];
  expect(newestInService({ firmware }, releases, [campaign('1.3.0', 'halted', '2026-01-02')]).get('a')).toBe('1.1.0');
});

test('a version counts again when a later campaign brought it through', () => {
  const campaigns = [campaign('1.3.0', 'completed', '2026-01-03'), campaign('1.3.0', 'failed', '2026-01-02')];
  expect(newestInService({ firmware: [runs('1.3.0')] }, [release('1.3.0')], campaigns).get('a')).toBe('1.3.0');
});
