import { FakeClock } from '@muster/testkit/fake-clock';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TakeoverBrake } from './takeover-brake.js';

/** Takes over whenever it may, every `everyMs`, for ten minutes; returns how often it did. */
const contend = (everyMs: number): number => {
  const clock = new FakeClock();
  const brake = new TakeoverBrake(clock);
  let taken = 0;
  for (let t = 0; t < 600_000; t += everyMs, clock.advance(everyMs)) {
    if (!brake.allows('d')) continue;
    brake.took('d');
    taken++;
  }
  return taken;
};

test('however fast two take the session from each other, it changes hands a handful of times and then once a minute', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 5_000 }), (everyMs) => {
      expect(contend(everyMs)).toBeLessThanOrEqual(6 + 6 + 10);
    }),
    { numRuns: 30 },
  );
});

test('a device that comes back every two minutes or less often never waits, nor does anybody else', () => {
  const clock = new FakeClock();
  const brake = new TakeoverBrake(clock);
  for (let turn = 0; turn < 100; turn++, clock.advance(120_000)) {
    expect(brake.allows('d')).toBe(true);
    brake.took('d');
  }
  for (let turn = 0; turn < 20; turn++) brake.took('d');
  expect([brake.allows('d'), brake.allows('other')]).toEqual([false, true]);
  clock.advance(60_000);
  expect(brake.allows('d')).toBe(true);
});
