import { expect, test } from 'vitest';
import { writeTopics } from './write-topics.js';

test('the committed topics reference is what the schemas say', async () => {
  await expect(writeTopics()).toMatchFileSnapshot('../../../docs/reference/topics.md');
});
