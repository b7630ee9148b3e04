import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgePresence, presenceLimits } from './judge-presence.js';

const seen = new Date('2026-11-21T06:00:00.000Z');
const device = { lastSeenAt: seen, connected: true, heartbeatS: 10, missedHeartbeats: 3 };
const after = (s: number) => new Date(seen.getTime() + s * 1000);

describe('judgePresence', () => {
  it('calls a device without any heartbeat never', () => {
    expect(judgePresence({ ...device, lastSeenAt: null }, seen)).toBe('never');
  });

  it('goes from online over late to offline as silence grows', () => {
    expect([0, 14, 16, 34, 36].map((s) => judgePresence(device, after(s)))).toEqual([
      'online',
      'online',
      'late',
      'late',
      'offline',
    ]);
  });

  it('is offline at once when the connection is known to have ended', () => {
    expect(judgePresence({ ...device, connected: false }, after(1))).toBe('offline');
  });

  it('takes a heartbeat from the future for one just now', () => {
    expect(judgePresence(device, after(-3600))).toBe('online');
  });

  it('never goes back from offline by waiting longer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 3600 }),
        fc.integer({ min: 1, max: 10 }),
        fc.nat(1e6),
        (heartbeatS, missed, s) => {
          const slow = { ...device, heartbeatS, missedHeartbeats: missed };
          const late = presenceLimits(slow).offlineS;
          expect(judgePresence(slow, after(late + 1 + s))).toBe('offline');
        },
      ),
    );
  });
});
