import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LetterWindow } from './letter-window.js';

const letter = (position: number) => ({ position }) as never;

/** Positions in rising order with gaps, cut into batches. */
const history = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 5 }), { maxLength: 12 });

test('the window gives exactly the letters after a position, or says that some have left it', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 120 }), (batches, size, after) => {
      const window = new LetterWindow(0, size);
      const all: number[] = [];
      for (const batch of batches) {
        const positions = batch.map((step) => {
          all.push((all.at(-1) ?? 0) + step);
          return all.at(-1)!;
        });
        window.add(positions.map(letter));
      }
      expect(window.head).toBe(all.at(-1) ?? 0);
      const wanted = all.filter((position) => position > after);
      const got = window.after(after)?.map(({ position }) => position) ?? null;
      if (got === null) expect(wanted.length).toBeGreaterThan(size);
      else expect(got).toEqual(wanted);
    }),
  );
});
