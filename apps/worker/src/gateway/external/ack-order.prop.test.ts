import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckOrder } from './ack-order.js';

const shuffled = fc
  .integer({ min: 1, max: 60 })
  .chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }));

describe('AckOrder', () => {
  it('sends every acknowledgement once, in the order of arrival, whatever the order of commits', () => {
    fc.assert(
      fc.property(shuffled, (commits) => {
        const sent: number[] = [];
        const order = new AckOrder((ids) => sent.push(...ids));
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
    const order = new AckOrder((ids) => sent.push(...ids));
    const first = order.add(1);
    order.add(2)();
    expect(sent).toEqual([]);
    order.clear();
    first();
    expect(sent).toEqual([]);
  });
});
