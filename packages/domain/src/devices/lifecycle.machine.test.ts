import { describe, expect, it } from 'vitest';
import { lifecycle } from './lifecycle.machine.js';

describe('lifecycle', () => {
  it('lets a quarantined device return', () => {
    expect(lifecycle.next('quarantined', 'activate')).toEqual({ kind: 'done', state: 'active' });
  });

  it('never lets a decommissioned device return', () => {
    expect(lifecycle.isFinal('decommissioned')).toBe(true);
  });

  it('names what is allowed when it refuses', () => {
    expect(lifecycle.next('pre_registered', 'maintain')).toMatchObject({
      kind: 'refused',
      allowed: ['enroll', 'request_approval', 'decommission'],
    });
  });
});
