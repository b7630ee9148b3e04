import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckOrder } from './ack-order.js';

const atOnce = (run: () => void) => run();

const shuffled = fc
  .integer({ min: 1, max: 60 })
  .chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }));

describe('AckOrder', () => {
  it('sends every acknowledgement once, in the order of arrival, whatever the order of commits', () => {
    fc.assert(
      fc.property(shuffled, (commits) => {
        const sent: number[] = [];
        const order = new AckOrder((ids) => sent.push(...ids), atOnce);
        const acks = commits.map((_, index) => order.add(index + 1));
        for (const index of commits) {
          acks[index]!();
          acks[index]!();
        }
        expect(sent).toEqual(commits.map((_, index) => index + 1));
        expect(order.size).toBe(0);
      }),
    );
  });

  it('sends nothing before the first is committed, and nothing for a connection that is gone', () => {
    const sent: number[] = [];
    const order = new AckOrder((ids) => sent.push(...ids), atOnce);
    const first = order.add(1);
    order.add(2)();
    expect(sent).toEqual([]);
    order.clear();
    first();
    expect(sent).toEqual([]);
  });

  it('sends what is committed in one turn together', () => {
    const sent: (readonly number[])[] = [];
    const turns: (() => void)[] = [];
    const order = new AckOrder(
      (ids) => sent.push(ids),
      (run) => turns.push(run),
    );
    for (const ready of [1, 2, 3].map((id) => order.add(id))) ready();
    order.add(4);
    for (const turn of turns) turn();
    expect(sent).toEqual([[1, 2, 3]]);
  });

  it('sends nothing of a connection that ended before the turn was over', () => {
    const sent: (readonly number[])[] = [];
    const turns: (() => void)[] = [];
    const order = new AckOrder(
      (ids) => sent.push(ids),
      (run) => turns.push(run),
    );
    order.add(1)();
    order.clear();
    for (const turn of turns) turn();
    expect(sent).toEqual([]);
  });
});
