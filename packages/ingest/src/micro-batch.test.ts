import { describe, expect, it } from 'vitest';
import { MicroBatch } from './micro-batch.js';

const gate = () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

describe('a micro-batch', () => {
  it('flushes what came within the linger together, in order', async () => {
    const flushed: number[][] = [];
    const batch = new MicroBatch<number>({
      size: 10,
      lingerMs: 1,
      inFlight: 1,
      flush: async (items) => void flushed.push([...items]),
    });
    await Promise.all([1, 2, 3].map((n) => batch.add(n)));
    expect(flushed).toEqual([[1, 2, 3]]);
  });

  it('flushes at once when full, and never more at a time than allowed', async () => {
    const door = gate();
    let underWay = 0;
    let most = 0;
    const sizes: number[] = [];
    const batch = new MicroBatch<number>({
      size: 4,
      lingerMs: 60_000,
      inFlight: 2,
      flush: async (items) => {
        sizes.push(items.length);
        most = Math.max(most, ++underWay);
        await door.opened;
        underWay--;
      },
    });
    const added = Array.from({ length: 20 }, (_, n) => batch.add(n));
    door.open();
    await Promise.all(added);
    expect(most).toBe(2);
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(20);
    expect(Math.max(...sizes)).toBe(4);
  });

  it('does not make what gathered behind a slow flush wait for its linger', async () => {
    const door = gate();
    const batch = new MicroBatch<number>({ size: 2, lingerMs: 60_000, inFlight: 1, flush: () => door.opened });
    const added = [batch.add(1), batch.add(2), batch.add(3)];
    door.open();
    await Promise.all(added);
  });

  it('fails those of a batch that failed and nobody else', async () => {
    const batch = new MicroBatch<number>({
      size: 2,
      lingerMs: 1,
      inFlight: 1,
      flush: async (items) => {
        if (items.includes(1)) throw new Error('full disk');
      },
    });
    const results = await Promise.allSettled([1, 2, 3, 4].map((n) => batch.add(n)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
  });
});
