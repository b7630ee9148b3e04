import { describe, expect, it } from 'vitest';
import { machine } from './machine.js';

const door = machine(
  ['open', 'shut', 'locked'],
  { open: { close: 'shut' }, shut: { open: 'open', lock: 'locked' }, locked: {} },
  'open',
);

describe('machine', () => {
  it('goes where the table says', () => {
    expect(door.next('open', 'close')).toEqual({ kind: 'done', state: 'shut' });
  });

  it('refuses an event the state does not know and names those it does', () => {
    expect(door.next('shut', 'close')).toEqual({
      kind: 'refused',
      state: 'shut',
      event: 'close',
      allowed: ['open', 'lock'],
    });
  });

  it('calls a state final when nothing leads out', () => {
    expect([door.isFinal('locked'), door.isFinal('shut')]).toEqual([true, false]);
  });

  it('refuses to load with an unreachable state', () => {
    expect(() => machine(['a', 'b', 'c'], { a: { go: 'b' }, b: {}, c: { go: 'a' } }, 'a')).toThrow(
      'unreachable from a: c',
    );
  });

  it('does not take an inherited property for an event', () => {
    expect(door.next('open', 'toString' as 'close').kind).toBe('refused');
  });

  it('does not compile with an unknown target, event, or state, nor with a missing row', () => {
    // @ts-expect-error 'c' is not a state
    expect(() => machine(['a', 'b'], { a: { go: 'c' }, b: {} }, 'a')).toThrow();
    // @ts-expect-error state b has no row
    expect(() => machine(['a', 'b'], { a: { go: 'b' } }, 'a')).toThrow();
    // @ts-expect-error 'z' is not a state
    machine(['a'], { a: {}, z: {} }, 'a');
    // @ts-expect-error 'slam' is not an event
    door.next('open', 'slam');
  });

  it('draws itself', () => {
    expect(door.toMermaid()).toContain('  shut --> locked : lock\n');
  });
});
