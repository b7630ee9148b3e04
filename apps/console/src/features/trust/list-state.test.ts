import { describe, expect, it } from 'vitest';
import { listState } from './list-state.js';

const life = { thisUpdate: '2026-01-01T00:00:00.000Z', nextUpdate: '2026-01-02T00:00:00.000Z' };
const at = (clock: string) => listState(life, Date.parse(`2026-01-${clock}:00.000Z`));

describe('the age of a list of revoked certificates', () => {
  it('asks nothing of anybody until half of its life has passed', () => {
    expect(at('01T11:59').state).toBe('fresh');
    expect(at('01T12:01').state).toBe('past_half');
  });

  it('is bad from its end on', () => {
    expect(at('01T23:59').state).toBe('past_half');
    expect(at('02T00:00')).toMatchObject({ state: 'over', tone: 'bad' });
  });

  it('is not negative where clocks differ', () => {
    expect(listState(life, Date.parse('2025-12-31T23:59:00.000Z')).share).toBe(0);
  });
});
