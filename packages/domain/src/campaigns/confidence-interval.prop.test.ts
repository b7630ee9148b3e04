import { describe, expect, it } from 'vitest';
import { asShares, differenceInterval, type Moments, momentsOf, radius } from './confidence-interval.js';

/** A small generator of our own, so that ten thousand observations of a hundred seeds stay cheap. */
const chance = (seed: number) => {
  let state = seed | 0;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Sums that grow by one observation at a time. */
class Growing implements Moments {
  n = 0;
  mean = 0;
  #squares = 0;
  add(value: number): void {
    this.n++;
    const off = value - this.mean;
    this.mean += off / this.n;
    this.#squares += off * (value - this.mean);
  }
  get variance(): number {
    return this.n > 1 ? this.#squares / (this.n - 1) : 0;
  }
}

const rates: Record<string, (random: () => number) => number> = {
  'one device in twenty is dead': (random) => (random() < 0.05 ? 1 : 0),
  'half of all heartbeats fail': (random) => (random() < 0.5 ? 1 : 0),
  'most are well and some are not': (random) => (random() < 0.8 ? 0 : random()),
};

/** At which observation the whole interval of the difference lay beyond the limit; null when it never did. */
function halt(draw: (random: () => number) => number, rise: number, limit: number, seed: number, looks: number) {
  const random = chance(seed * 7919);
  const [updated, control] = [new Growing(), new Growing()];
  for (let look = 1; look <= looks; look++) {
    updated.add(Math.min(1, draw(random) + (random() < rise ? 1 : 0)));
    control.add(draw(random));
    if (differenceInterval(asShares(updated), asShares(control))[0] > limit) return look;
  }
  return null;
}

const seeds = Array.from({ length: 200 }, (_, i) => i + 1);

describe('an interval one may look at all the time', () => {
  it.each(Object.keys(rates))('halts by chance at most once in twenty, looking 10,000 times: %s', (name) => {
    const halted = seeds.filter((seed) => halt(rates[name]!, 0, 0, seed, 10_000) !== null).length;
    expect(halted / seeds.length).toBeLessThanOrEqual(0.05);
  });

  it('would halt by chance far more often without what makes it always valid', () => {
    const naive = (moments: Moments): number => 1.96 * Math.sqrt(moments.variance / moments.n);
    const fooled = seeds.filter((seed) => {
      const random = chance(seed * 7919);
      const it = new Growing();
      for (let look = 1; look <= 10_000; look++) {
        it.add(random() - 0.5);
        if (look > 5 && Math.abs(it.mean) > naive(it)) return true;
      }
      return false;
    });
    expect(fooled.length / seeds.length).toBeGreaterThan(0.3);
  });

  it('finds a rise of twice the limit, always', () => {
    for (const seed of seeds.slice(0, 50))
      expect(halt(rates['one device in twenty is dead']!, 0.1, 0.05, seed, 10_000)).not.toBe(null);
  });

  it('narrows as devices come in and is wider than one look would need', () => {
    const widths = [2, 5, 20, 50, 500, 10_000].map((n) => radius({ n, mean: 0, variance: 1 }));
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    for (const [i, n] of [2, 5, 20, 50, 500, 10_000].entries()) expect(widths[i]).toBeGreaterThan(1.96 / Math.sqrt(n));
  });

  it('knows nothing from one device, and little from ten that all say nothing', () => {
    expect(differenceInterval(asShares({ n: 1, mean: 1, variance: 0 }), null)).toEqual([-Infinity, Infinity]);
    expect(radius(asShares({ n: 10, mean: 0, variance: 0 }))).toBeGreaterThan(0.1);
  });

  it('adds a sample up to what the textbook says', () => {
    expect(momentsOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ n: 8, mean: 5, variance: 32 / 7 });
    expect(momentsOf([])).toBe(null);
  });
});
