import { describe, expect, it } from 'vitest';
import { describeMail } from './describe-mail.js';
import { nextMail } from './next-mail.js';

describe('a mail', () => {
  it('is sent once taken, given up when its recipient is refused for good, and otherwise tried again', () => {
    expect(nextMail({ kind: 'taken' }, 1, 0)).toEqual({ kind: 'sent' });
    expect(nextMail({ kind: 'refused', code: 550, about: 'recipient' }, 1, 0)).toEqual({ kind: 'failed' });
    expect(nextMail({ kind: 'refused', code: 450, about: 'recipient' }, 1, 0.5)).toEqual({
      kind: 'retry',
      afterMs: 5_000,
    });
    expect(nextMail({ kind: 'refused', code: 535, about: 'anything' }, 2, 0.5)).toMatchObject({ kind: 'retry' });
    expect(nextMail({ kind: 'refused', code: null, about: 'anything' }, 11, 0.5)).toEqual({ kind: 'failed' });
  });

  it('says what the console says, and is urgent when that is', () => {
    const told = { campaignId: 'c1', sentence: '3 of 10 failed.', failed: 'rollback' as const };
    expect(describeMail('campaign.halted', told, 'acme', 'http://muster.test:8080')).toEqual({
      subject: 'CRITICAL: Rollback failed (acme)',
      body: '3 of 10 failed.\n\nTenant acme\nhttp://muster.test:8080/campaigns/c1\n',
    });
    expect(describeMail('device.enrolled', { deviceId: 'd1' }, 'acme', 'http://x')!.subject).toBe(
      'Device enrolled (acme)',
    );
    expect(describeMail('telemetry.rolled_up', {}, 'acme', 'http://x')).toBeNull();
  });

  it('tells what was found by whom it suspects, and when it is over', () => {
    const told = { deviceId: 'd1', sentence: 'power_w at d was 9 for 5 hours.', suspect: 'asset' as const };
    expect(describeMail('anomaly.opened', told, 'acme', 'http://x')).toEqual({
      subject: 'An asset behaves unlike itself (acme)',
      body: 'power_w at d was 9 for 5 hours.\n\nTenant acme\nhttp://x/devices/d1\n',
    });
    const closed = describeMail('anomaly.closed', told, 'acme', 'http://x')!;
    expect([closed.subject, closed.body]).toEqual(['Back to normal (acme)', expect.stringContaining('for 5 hours.')]);
  });

  it('has a subject of one line whatever it is about', () => {
    const engaged = { engaged: true, by: 'eve\r\nBcc: all@acme.test', reason: 'fire' };
    const mail = describeMail('kill_switch.changed', engaged, 'acme', 'http://x')!;
    expect(mail.subject).toBe('CRITICAL: Kill switch engaged (acme)');
    expect(mail.body).toContain('stopped all campaigns and commands: fire.');
  });
});
