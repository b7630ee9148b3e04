import { expect, test } from 'vitest';
import { Shutdown } from './shutdown.js';

test('parts close in the reverse order of opening, each once', async () => {
  const shutdown = new Shutdown();
  const closed: string[] = [];
  for (const name of ['database', 'queues', 'listener']) shutdown.add(name, () => closed.push(name));
  await Promise.all([shutdown.run(), shutdown.run()]);
  expect(closed).toEqual(['listener', 'queues', 'database']);
});

test('a part that fails to close does not keep the others open', async () => {
  const shutdown = new Shutdown();
  const closed: string[] = [];
  shutdown.add('database', () => closed.push('database'));
  shutdown.add('queues', () => {
    throw new Error('stuck');
  });
  const failures = await shutdown.run();
  expect(closed).toEqual(['database']);
  expect(failures.map((failure) => failure.message)).toEqual(['closing queues failed']);
});
