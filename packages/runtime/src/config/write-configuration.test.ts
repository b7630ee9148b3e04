import { expect, test } from 'vitest';
import { settingsSchema } from './settings.js';
import { writeConfiguration } from './write-configuration.js';

test('the committed list of settings is what the schema says', async () => {
  await expect(writeConfiguration()).toMatchFileSnapshot('../../../../docs/reference/configuration.md');
});

test('every setting says what it is for', () => {
  const silent = Object.entries(settingsSchema.shape).filter(([, schema]) => !schema.description);
  expect(silent.map(([name]) => name)).toEqual([]);
});
