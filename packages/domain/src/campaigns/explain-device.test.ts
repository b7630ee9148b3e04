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

  it('is content with a device on target, even while it is away', () => {
    const there = { ...update, state: 'succeeded', waveState: 'passed' } as const;
    expect(explainDevice(device({ connected: false, version: '2.0.0', update: there }))).toMatchObject({
      code: 'on_target',
      sentence: 'The device is where it should be, on 2.0.0.',
    });
  });
});
