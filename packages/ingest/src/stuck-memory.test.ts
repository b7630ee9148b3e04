import { describe, expect, it } from 'vitest';
import { StuckMemory } from './stuck-memory.js';

const LIMIT = 1000;

describe('the memory of stuck series', () => {
  it('tells a series that has not changed for longer than allowed', () => {
    const memory = new StuckMemory();
    const at = (value: number, ms: number) => memory.isStuck('a', value, ms, LIMIT);
    expect([at(1, 0), at(1, 1000), at(1, 1001), at(2, 1500), at(2, 2500), at(2, 2501)]).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
  });

  it('knows each series by itself', () => {
    const memory = new StuckMemory();
    memory.isStuck('a', 1, 0, LIMIT);
    memory.isStuck('b', 1, 2000, LIMIT);
    expect(memory.isStuck('b', 1, 2500, LIMIT)).toBe(false);
    expect(memory.isStuck('a', 1, 2500, LIMIT)).toBe(true);
  });

  it('lets a late reading change nothing', () => {
    const memory = new StuckMemory();
    memory.isStuck('a', 1, 5000, LIMIT);
    expect(memory.isStuck('a', 9, 1000, LIMIT)).toBe(false);
    expect(memory.isStuck('a', 1, 6500, LIMIT)).toBe(true);
  });

  it('says the same of a reading that comes twice', () => {
    const memory = new StuckMemory();
    memory.isStuck('a', 1, 0, LIMIT);
    expect(memory.isStuck('a', 1, 2000, LIMIT)).toBe(true);
    expect(memory.isStuck('a', 1, 2000, LIMIT)).toBe(true);
  });
});
