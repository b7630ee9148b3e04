import { expect, test } from 'vitest';
import { nextDelivery } from './next-delivery.js';

test('2xx is delivered, 410 ends the webhook, anything else is tried again', () => {
  expect(nextDelivery(204, 1, 0)).toEqual({ kind: 'delivered' });
  expect(nextDelivery(410, 1, 0)).toEqual({ kind: 'failed', disable: true });
  for (const status of [null, 302, 404, 500]) expect(nextDelivery(status, 1, 0.5)).toMatchObject({ kind: 'retry' });
});

test('attempts end after about three days', () => {
  let waited = 0;
  let attempts = 0;
  for (;;) {
    const verdict = nextDelivery(500, ++attempts, 0.5);
    if (verdict.kind !== 'retry') break;
    waited += verdict.afterMs;
  }
  expect(waited / 3_600_000).toBeGreaterThan(60);
  expect(waited / 3_600_000).toBeLessThan(80);
});

test('pauses never shrink, and chance spreads each by a fifth either way', () => {
  let longest = 0;
  for (let attempts = 1; attempts <= 10; attempts++) {
    const [early, middle, late] = [0, 0.5, 1].map((chance) => nextDelivery(500, attempts, chance));
    if (early?.kind !== 'retry' || middle?.kind !== 'retry' || late?.kind !== 'retry')
      throw new Error('too few attempts');
    expect(middle.afterMs).toBeGreaterThanOrEqual(longest);
    expect([early.afterMs, late.afterMs]).toEqual([middle.afterMs * 0.8, middle.afterMs * 1.2]);
    longest = middle.afterMs;
  }
});
