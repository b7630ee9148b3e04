import { commandStates } from '@muster/contracts/commands/commands.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { command } from './command.machine.js';
import { type AttemptFacts, nextAttempt } from './next-attempt.js';

const created = new Date('2026-11-21T06:00:00.000Z');
const at = (s: number) => new Date(created.getTime() + s * 1000);
const facts = (over: Partial<AttemptFacts>): AttemptFacts => ({
  state: 'queued',
  since: created,
  createdAt: created,
  expiresAt: at(300),
  sentAt: null,
  acknowledgedAt: null,
  timeoutS: 60,
  connected: true,
  sessionSince: null,
  ...over,
});

describe('nextAttempt', () => {
  it('sends a queued command to a connected device', () => {
    expect(nextAttempt(facts({}), at(1))).toEqual({ kind: 'send' });
  });

  it('keeps a command for an offline device until it expires', () => {
    expect(nextAttempt(facts({ connected: false }), at(1))).toEqual({ kind: 'wait', until: at(300) });
    expect(nextAttempt(facts({ connected: false }), at(300))).toEqual({ kind: 'expire' });
  });

  it('expires rather than sends when the device returns too late', () => {
    expect(nextAttempt(facts({}), at(300))).toEqual({ kind: 'expire' });
  });

  it('sends again when no acknowledgement came, at growing distances', () => {
    expect(nextAttempt(facts({ state: 'sent', sentAt: at(0) }), at(14))).toEqual({ kind: 'wait', until: at(15) });
    expect(nextAttempt(facts({ state: 'sent', sentAt: at(0) }), at(15))).toEqual({ kind: 'send' });
    expect(nextAttempt(facts({ state: 'sent', sentAt: at(40) }), at(79))).toEqual({ kind: 'wait', until: at(80) });
  });

  it('sends again at once what was sent before the present connection', () => {
    const sent = facts({ state: 'sent', sentAt: at(1), sessionSince: at(2) });
    expect(nextAttempt(sent, at(3))).toEqual({ kind: 'send' });
  });

  it('times out what was sent and never acknowledged, a little after expiry', () => {
    const sent = facts({ state: 'sent', sentAt: at(0) });
    expect(nextAttempt(sent, at(310)).kind).toBe('wait');
    expect(nextAttempt(sent, at(330))).toEqual({ kind: 'time_out', code: 'not_acknowledged' });
  });

  it('counts the timeout from the acknowledgement', () => {
    const running = facts({ state: 'acknowledged', acknowledgedAt: at(290) });
    expect(nextAttempt(running, at(349))).toEqual({ kind: 'wait', until: at(350) });
    expect(nextAttempt(running, at(350))).toEqual({ kind: 'time_out', code: 'no_result' });
  });

  const anyFacts = fc.record({
    state: fc.constantFrom(...commandStates),
    since: fc.integer({ min: 0, max: 400 }).map(at),
    createdAt: fc.constant(created),
    expiresAt: fc.integer({ min: 1, max: 600 }).map(at),
    sentAt: fc.option(fc.integer({ min: 0, max: 400 }).map(at)),
    acknowledgedAt: fc.option(fc.integer({ min: 0, max: 400 }).map(at)),
    timeoutS: fc.integer({ min: 1, max: 600 }),
    connected: fc.boolean(),
    sessionSince: fc.option(fc.integer({ min: 0, max: 400 }).map(at)),
  });
  const anyNow = fc.integer({ min: 0, max: 2000 }).map(at);

  it('never sends at or after expiry, nor to a device that is away', () => {
    fc.assert(
      fc.property(anyFacts, anyNow, (f, now) => {
        if (nextAttempt(f, now).kind === 'send') expect(f.connected && now < f.expiresAt).toBe(true);
      }),
    );
  });

  it('only ever asks for what the machine allows', () => {
    fc.assert(
      fc.property(anyFacts, anyNow, (f, now) => {
        const attempt = nextAttempt(f, now);
        if (attempt.kind === 'send' || attempt.kind === 'expire' || attempt.kind === 'time_out')
          expect(command.next(f.state, attempt.kind).kind).toBe('done');
      }),
    );
  });

  it('waits only for the future', () => {
    fc.assert(
      fc.property(anyFacts, anyNow, (f, now) => {
        const attempt = nextAttempt(f, now);
        if (attempt.kind === 'wait') expect(attempt.until > now).toBe(true);
      }),
    );
  });
});

describe('command', () => {
  it('lets the word of the device win over a server timeout', () => {
    expect(command.next('timed_out', 'succeed')).toEqual({ kind: 'done', state: 'succeeded' });
  });

  it('never leaves expired', () => {
    expect(command.isFinal('expired')).toBe(true);
  });

  it('cancels at once what was never sent, and asks the device otherwise', () => {
    expect(command.next('queued', 'cancel')).toEqual({ kind: 'done', state: 'cancelled' });
    expect(command.next('acknowledged', 'cancel')).toEqual({ kind: 'done', state: 'cancelling' });
  });
});
