import { deviceReasons } from '@muster/contracts/reasons';
import { expect, test } from 'vitest';
import { sourceFiles } from './tree.js';
import { writeReasons } from './write-reasons.js';

test('the committed list of reasons is what the contract says', async () => {
  await expect(writeReasons()).toMatchFileSnapshot('../../../docs/reference/reasons.md');
});

test('the agent gives no reason that is not in the list', () => {
  const agent = sourceFiles().filter(
    ({ path }) =>
      /^packages\/(device-agent|pki)\/src\/(commands|executions|signing)\//.test(path) && !/\.test\.ts$/.test(path),
  );
  const given = agent.flatMap(({ text }) => [
    ...text.matchAll(/\b(?:code|reasonCode|fault): '([a-z_]+)'/g),
    ...text.matchAll(/\.(?:refused|deferred|drop|fail|#drop|#fail)\((?:order\.)?\w+, '([a-z_]+)'/g),
  ]);
  const codes = new Set(given.map((match) => match[1]!));
  expect(codes.size).toBeGreaterThan(20);
  expect([...codes].filter((code) => !Object.hasOwn(deviceReasons, code))).toEqual([]);
});
