import { describe, expect, it } from 'vitest';
import { type DeviceFacts, explainDevice } from './explain-device.js';

const update = {
  campaignName: 'fw 2.0.0',
  campaignState: 'running',
  campaignSentence: 'Wave 1 waits.',
  wave: 2,
  waveState: 'planned',
  state: 'queued',
  reasonCode: null,
  reasonDetail: null,
  progress: null,
  wantedVersion: '2.0.0',
  slotsFree: 5,
} as const;
const device = (over: Partial<DeviceFacts>): DeviceFacts => ({
  state: 'active',
  connected: true,
  lastSeenAt: new Date('2026-01-01T00:00:00Z'),
  pinned: false,
  version: '1.0.0',
  drifts: 0,
  update,
  exclusion: null,
  ...over,
});
const code = (over: Partial<DeviceFacts>): string => explainDevice(device(over)).code;

describe('explainDevice', () => {
  it('names the wave that is not open, with the campaign’s own sentence', () => {
    expect(explainDevice(device({}))).toMatchObject({
      code: 'wave_not_open',
      sentence: 'Wave 2 is not open. Wave 1 waits.',
    });
  });

  it('names what stands in the way first', () => {
    expect(code({ state: 'quarantined' })).toBe('quarantined');
    expect(code({ connected: false })).toBe('offline');
    expect(code({ update: { ...update, waveState: 'open', slotsFree: 0 } })).toBe('concurrency_cap');
    expect(code({ update: { ...update, campaignState: 'halted' } })).toBe('campaign_halted');
    expect(code({ update: { ...update, state: 'failed', reasonCode: 'self_reverted' } })).toBe('self_reverted');
    expect(code({ update: null, exclusion: { campaignName: 'fw', code: 'pinned', detail: null } })).toBe('pinned');
  });

  it('says that no campaign takes a device that is pinned, or that failed too often', () => {
    const now = new Date('2026-01-01T00:00:00Z');
    const blockedUntil = new Date('2026-01-02T00:00:00Z');
    const steps = (over: Partial<DeviceFacts>) => explainDevice(device(over), now).steps.map((step) => step.code);
    expect(steps({ pinned: true })).toContain('pinned');
    expect(steps({ blockedUntil, update: null })).toContain('blocked');
    expect(steps({ blockedUntil: now, update: null })).not.toContain('blocked');
    expect(explainDevice(device({ pinned: true, update: null, version: '2.0.0' }), now).code).toBe('on_target');
  });

  it('is content with a device on target, even while it is away', () => {
    const there = { ...update, state: 'succeeded', waveState: 'passed' } as const;
    expect(explainDevice(device({ connected: false, version: '2.0.0', update: there }))).toMatchObject({
      code: 'on_target',
      sentence: 'The device is where it should be, on 2.0.0.',
    });
  });
});

describe('what holds an offer back', () => {
  const now = new Date('2026-03-28T12:00:00.000Z');
  const waiting = { ...update, waveState: 'open' } as const;
  const turn = (change: object, facts: Partial<DeviceFacts> = {}) => {
    const { sentence, steps } = explainDevice(device({ update: { ...waiting, ...change }, ...facts }), now);
    return { sentence, code: steps.find((step) => step.title === 'Its turn')!.code };
  };

  it('is the kill switch before all else', () => {
    expect(turn({ killSwitch: { by: 'anna', reason: 'smoke' }, campaignState: 'paused' })).toEqual({
      code: 'kill_switch',
      sentence: 'The kill switch was engaged by anna: smoke. Nothing is offered until it is released.',
    });
  });

  it('is the pause after repeated failures, with its end, and not once that is over or for a return', () => {
    const blockedUntil = new Date('2026-03-29T08:00:00.000Z');
    expect(turn({}, { blockedUntil })).toEqual({
      code: 'blocked',
      sentence: 'Its updates failed again and again; nothing is offered before 2026-03-29 08:00 UTC.',
    });
    expect(turn({ isRollback: true }, { blockedUntil }).code).toBe('next_tick');
    expect(turn({}, { blockedUntil: now }).code).toBe('next_tick');
  });

  it('is what the device itself asked for, and when it is asked again', () => {
    const deferred = { state: 'deferred', reasonCode: 'battery_low', reasonDetail: '12% of 40%' } as const;
    const notBefore = new Date('2026-03-28T12:05:00.000Z');
    expect(turn({ ...deferred, notBefore })).toEqual({
      code: 'battery_low',
      sentence:
        'The device deferred: the battery is below what the campaign asks for (12% of 40%). It is asked again from 2026-03-28 12:05 UTC.',
    });
    expect(turn({ ...deferred, notBefore: now }).code).toBe('next_tick');
  });

  it('is a closed window, opening on the device’s own clock, summer time too', () => {
    const opensAt = new Date('2026-03-29T20:30:00.000Z');
    const wait = { code: 'outside_window', next: { opensAt, closesAt: opensAt } };
    expect(turn({ wait, timezone: 'Europe/Berlin' })).toEqual({
      code: 'window_closed',
      sentence: 'The maintenance window is closed; it opens Sun 29 Mar, 22:30 (Europe/Berlin).',
    });
  });

  it('is a freeze or the budget of its site', () => {
    expect(turn({ wait: { code: 'frozen', name: 'Christmas', until: now } }).code).toBe('frozen');
    expect(turn({ wait: { code: 'site_budget', allowance: 2, load: 2 } })).toEqual({
      code: 'site_budget',
      sentence: '2 of at most 2 devices of its site are updating; it is offered when one is done.',
    });
  });
});
