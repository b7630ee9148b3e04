import { expect, it } from 'vitest';
import { IssuingLanes } from './issuing-lanes.js';

it('lets so many work at once, the others in the order they came, also after one that failed', async () => {
  const lanes = new IssuingLanes(2);
  const begun: number[] = [];
  const gates: { end: () => void; fail: (fault: Error) => void }[] = [];
  const works = [0, 1, 2, 3].map((n) =>
    lanes.run(() => {
      begun.push(n);
      return new Promise<number>((resolve, reject) => gates.push({ end: () => resolve(n), fail: reject }));
    }),
  );
  expect(begun).toEqual([0, 1]);
  gates[1]!.fail(new Error('away'));
  await expect(works[1]).rejects.toThrow('away');
  expect(begun).toEqual([0, 1, 2]);
  gates[0]!.end();
  expect(await works[0]).toBe(0);
  expect(begun).toEqual([0, 1, 2, 3]);
  gates[2]!.end();
  gates[3]!.end();
  expect(await Promise.all([works[2], works[3]])).toEqual([2, 3]);
  expect(await lanes.run(async () => 'free')).toBe('free');
});

it('leaves connections to everybody else, and one lane where there is one connection', async () => {
  const begunOf = async (connections: number) => {
    const lanes = IssuingLanes.of(connections);
    let begun = 0;
    const gates: (() => void)[] = [];
    const works = Array.from({ length: connections + 1 }, () =>
      lanes.run(() => {
        begun += 1;
        return new Promise<void>((resolve) => gates.push(resolve));
      }),
    );
    const atOnce = begun;
    for (let ended = 0; ended < works.length; ended++) {
      gates[ended]!();
      await works[ended];
    }
    return atOnce;
  };
  expect([await begunOf(10), await begunOf(2), await begunOf(1)]).toEqual([7, 1, 1]);
});
