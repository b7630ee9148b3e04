import { certificateStates } from '@muster/contracts/certificates/certificates.schema';
import { deviceStates } from '@muster/contracts/devices/devices.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authoriseConnect, overlapMs } from './authorise-connect.js';
import { judgeRenewal, settleMs } from './judge-renewal.js';
import { renewalWindow } from './renewal-window.js';
import { shouldRenew } from './should-renew.js';

const day = 86_400_000;
const notBefore = new Date('2026-12-01T00:00:00.000Z');
const at = (days: number) => new Date(notBefore.getTime() + days * day);
const leaf = { serial: '4f'.repeat(16), notBefore, notAfter: at(90), requestedAt: null };
const serials = fc.stringMatching(/^[0-9a-f]{32}$/);

describe('the renewal window', () => {
  it('opens at half of the life and its jitter ends at two thirds, for every serial and life', () => {
    fc.assert(
      fc.property(serials, fc.integer({ min: 3_600_000, max: 398 * day }), (serial, life) => {
        const facts = { ...leaf, serial, notAfter: new Date(notBefore.getTime() + life) };
        const { opens, start, end } = renewalWindow(facts);
        expect(start.getTime()).toBeGreaterThanOrEqual(opens.getTime());
        expect(start.getTime()).toBeLessThanOrEqual(end.getTime());
        expect(Math.abs(end.getTime() - notBefore.getTime() - (life * 2) / 3)).toBeLessThan(2);
      }),
    );
  });

  it('spreads a fleet enrolled in one hour evenly over its fifteen days', () => {
    const perDay = new Array<number>(15).fill(0);
    for (let i = 0; i < 15_000; i++) {
      const { start } = renewalWindow({ ...leaf, serial: i.toString(16).padStart(32, '4') });
      perDay[Math.floor((start.getTime() - at(45).getTime()) / day)]! += 1;
    }
    expect(Math.min(...perDay)).toBeGreaterThan(850);
    expect(Math.max(...perDay)).toBeLessThan(1_150);
  });

  it('is open at once when an operator asks for it', () => {
    const asked = { ...leaf, requestedAt: at(2) };
    expect(shouldRenew(leaf, at(2))).toBe('not_yet');
    expect(shouldRenew(asked, at(2))).toBe('due');
    expect(renewalWindow(asked).opens).toEqual(at(2));
  });

  it('says due, overdue and expired as time passes', () => {
    expect([44, 60.1, 91].map((days) => shouldRenew(leaf, at(days)))).toEqual(['not_yet', 'overdue', 'expired']);
    expect(shouldRenew(leaf, renewalWindow(leaf).start)).toBe('due');
  });
});

const request = {
  deviceState: 'active' as const,
  presented: { ...leaf, state: 'active' as const, since: notBefore, keyHash: 'old' },
  successor: null,
  replacedBy: null,
  keyHash: 'new',
  graceMs: 30 * day,
};
const verdict = (changes: object, now: Date) => {
  const result = judgeRenewal({ ...request, ...changes }, now);
  return result.ok ? result.value : result.code;
};

describe('a renewal', () => {
  it('is issued inside the window, refused before it, late in the grace after the end, and asked of a person beyond', () => {
    expect(verdict({}, at(10))).toBe('renewal_too_early');
    expect(verdict({}, at(50))).toEqual({ kind: 'issue', late: false, replaces: false });
    expect(verdict({}, at(119))).toEqual({ kind: 'issue', late: true, replaces: false });
    expect(verdict({}, at(121))).toEqual({ kind: 'ask', replaces: false });
    expect(verdict({ graceMs: 0 }, at(91))).toEqual({ kind: 'ask', replaces: false });
    expect(verdict({}, at(-1))).toBe('certificate_unknown');
  });

  it('needs a new key', () => {
    expect(verdict({ keyHash: 'old' }, at(50))).toBe('key_reused');
  });

  it('repeats its answer for the same key, also when the first answer was lost', () => {
    const successor = { keyHash: 'new', createdAt: at(50) };
    expect(verdict({ successor }, at(50))).toEqual({ kind: 'repeat' });
  });

  it('refuses a parallel one with another key and later replaces an answer that was never used', () => {
    const successor = { keyHash: 'other', createdAt: at(50) };
    expect(verdict({ successor }, at(50))).toBe('conflict');
    const later = new Date(at(50).getTime() + settleMs);
    expect(verdict({ successor }, later)).toEqual({ kind: 'issue', late: false, replaces: true });
  });

  it('is never issued to a device or certificate that is out, whatever the time', () => {
    const out = deviceStates.filter((state) => state !== 'active' && state !== 'maintenance');
    const dead = certificateStates.filter((state) => !['issued', 'active', 'expired', 'superseded'].includes(state));
    fc.assert(
      fc.property(
        fc.integer({ min: -10, max: 200 }),
        fc.constantFrom(...out),
        fc.constantFrom(...dead),
        (days, d, c) => {
          expect(verdict({ deviceState: d }, at(days))).toBe('device_tombstoned');
          expect(verdict({ presented: { ...request.presented, state: c } }, at(days))).toBe('certificate_revoked');
        },
      ),
    );
  });
});

describe('a certificate the device has moved on from', () => {
  const newer = { serial: '51', state: 'active' as const, notAfter: at(130) };
  const old = (since: Date) => ({ ...request.presented, state: 'superseded' as const, since });

  it('learns of the newer one while both work, and is out afterwards', () => {
    const told = judgeRenewal({ ...request, presented: old(at(50)), replacedBy: newer }, at(50));
    expect(told).toMatchObject({ ok: false, code: 'conflict', facts: { newerSerial: '51', newerState: 'active' } });
    const later = new Date(at(50).getTime() + overlapMs + 1);
    expect(verdict({ presented: old(at(50)), replacedBy: newer }, later)).toBe('certificate_revoked');
    const revoked = { ...newer, state: 'revoked' as const };
    expect(verdict({ presented: old(at(50)), replacedBy: revoked }, at(50))).toBe('certificate_revoked');
  });

  it('gets nothing at any time, whatever its own row says', () => {
    const states = fc.constantFrom('issued' as const, 'active' as const, 'expired' as const, 'superseded' as const);
    fc.assert(
      fc.property(states, fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }), (state, since, days) => {
        const presented = { ...request.presented, state, since: at(since) };
        expect(verdict({ presented, replacedBy: newer }, at(days))).toMatch(/^(conflict|certificate_revoked)$/);
      }),
    );
  });
});

describe('a renewal at any time', () => {
  it('is issued on time only inside the window and the life, late only inside the grace', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 6000 }), fc.integer({ min: 0, max: 365 }), (tenths, grace) => {
        const now = at(tenths / 10);
        const result = verdict({ graceMs: grace * day }, now);
        const kind =
          typeof result === 'string' ? result : result.kind === 'issue' && result.late ? 'late' : result.kind;
        const days = tenths / 10;
        if (days < 0) expect(kind).toBe('certificate_unknown');
        else if (days < 45) expect(kind).toBe('renewal_too_early');
        else expect(kind).toBe(days <= 90 ? 'issue' : days <= 90 + grace ? 'late' : 'ask');
      }),
    );
  });
});

describe('a connection', () => {
  const facts = {
    certificateState: 'active' as const,
    deviceState: 'active' as const,
    notBefore,
    notAfter: at(90),
    since: at(50),
  };
  const connect = (changes: object, now = at(50)) => {
    const result = authoriseConnect({ ...facts, ...changes }, now);
    return result.ok ? result.value : result.code;
  };

  it('activates a certificate on its first use only', () => {
    expect(connect({ certificateState: 'issued' })).toEqual({ activates: true });
    expect(connect({})).toEqual({ activates: false });
  });

  it('is open to a superseded certificate for fifteen minutes', () => {
    const superseded = { certificateState: 'superseded' };
    expect(connect(superseded)).toEqual({ activates: false });
    expect(connect(superseded, new Date(at(50).getTime() + overlapMs + 1))).toBe('certificate_revoked');
  });

  it('is refused once expired, revoked, on hold, or when the device is out', () => {
    expect(connect({}, at(91))).toBe('certificate_expired');
    for (const certificateState of ['revoked', 'on_hold', 'rejected', 'requested']) {
      expect(connect({ certificateState })).toBe('certificate_revoked');
    }
    for (const deviceState of ['quarantined', 'decommissioned', 'pre_registered']) {
      expect(connect({ deviceState })).toBe('device_tombstoned');
    }
  });
});
