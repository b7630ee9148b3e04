import { describe, expect, it } from 'vitest';
import { certificate } from '../certificates/certificate.machine.js';
import { judgeToken } from './judge-token.js';

const now = new Date('2026-12-01T12:00:00.000Z');
const token = {
  maxUses: 1,
  uses: 0,
  expiresAt: new Date(now.getTime() + 1),
  revokedAt: null,
  model: null,
  serial: null,
};
const device = { model: 'gw-1', serial: 'S1' };
const codeOf = (changes: object) => {
  const result = judgeToken({ ...token, ...changes }, device, now);
  return result.ok ? 'accepted' : result.code;
};

describe('an enrolment token', () => {
  it.each([
    ['accepted', {}],
    ['accepted', { model: 'gw-1', serial: 'S1' }],
    ['token_invalid', { revokedAt: now }],
    ['token_expired', { expiresAt: now }],
    ['token_spent', { uses: 1 }],
    ['identity_mismatch', { model: 'gw-2' }],
    ['identity_mismatch', { serial: 'S2' }],
  ])('is %s with %o', (code, changes) => {
    expect(codeOf(changes)).toBe(code);
  });
});

describe('a certificate', () => {
  it('cannot come back from revoked, and can from on hold', () => {
    expect(certificate.isFinal('revoked')).toBe(true);
    expect(certificate.next('on_hold', 'release')).toEqual({ kind: 'done', state: 'active' });
  });
});
