import { expect, test } from 'vitest';
import { sourceFiles } from './tree.js';
import { writeMachines } from './write-machines.js';

test('the committed state machines are what the tables say', async () => {
  await expect(writeMachines()).toMatchFileSnapshot('../../../docs/reference/state-machines.md');
});

test('every machine of the domain is in the reference', () => {
  const files = sourceFiles().filter(({ path }) => /^packages\/domain\/.*\.machine\.ts$/.test(path));
  expect(writeMachines().match(/^## /gm)).toHaveLength(files.length);
});
