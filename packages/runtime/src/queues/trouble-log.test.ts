import { expect, test } from 'vitest';
import { TroubleLog } from './trouble-log.js';

test('the same trouble of many queues is logged once, with a count when it comes again', () => {
  const lines: unknown[] = [];
  let now = 0;
  const log = new TroubleLog({ warn: (about: unknown) => lines.push(about) } as never, { now: () => now });
  const error = new Error('terminating connection');
  for (const queue of ['commands', 'campaigns', 'telemetry']) log.note(queue, error);
  log.note('commands', new Error('another'));
  now = 6_000;
  log.note('commands', error);
  expect(lines).toEqual([
    { err: error, queue: 'commands', before: undefined },
    { err: new Error('another'), queue: 'commands', before: undefined },
    { err: error, queue: 'commands', before: 2 },
  ]);
});
