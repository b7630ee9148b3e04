import { describe, expect, it } from 'vitest';
import { lifecycle } from './lifecycle.machine.js';

describe('lifecycle', () => {
  it('lets a quarantined device return', () => {
    expect(lifecycle.next('quarantined', 'activate')).toEqual({ kind: 'done', state: 'active' });
  });

  it('lets a decommissioned device return by permission and by nothing else', () => {
    expect(lifecycle.allowed('decommissioned')).toEqual(['readmit']);
  });

  it('names what is allowed when it refuses', () => {
    expect(lifecycle.next('pre_registered', 'maintain')).toMatchObject({
      kind: 'refused',
      allowed: ['enroll', 'request_approval', 'decommission'],
    });
  });
});
