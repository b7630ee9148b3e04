import { Campaign, CampaignPatch, NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { expect, test } from 'vitest';
import { type CampaignForm, freshForm, freshHealth, wave, wavePresets } from './campaign-form.js';
import { formOfCampaign } from './form-of-campaign.js';
import { asNewCampaign, asPatch } from './plan-of-form.js';

const releaseId = '01a1fce4-e7f6-7224-8700-d2b775feca4a';

test('a fresh form with a release is a plan the contract accepts: 1, 10, 100 percent', () => {
  const parsed = NewCampaign.parse(asNewCampaign({ ...freshForm, name: 'To everyone', releaseId }));
  expect(parsed.plan.waves.map(({ size }) => size)).toEqual([{ percent: 1 }, { percent: 10 }, { percent: 100 }]);
  expect(parsed.plan.gate.maxFailureRate).toBe(0.05);
  expect(parsed.plan).not.toHaveProperty('windows');
  expect(parsed.plan.gate).not.toHaveProperty('health');
});

test('the preset of absolute sizes holds after every wave but the last', () => {
  const parsed = NewCampaign.parse(asNewCampaign({ ...freshForm, releaseId, waves: wavePresets.devices.waves }));
  expect(parsed.plan.waves.map(({ size }) => size)).toEqual([
    { devices: 10 },
    { devices: 50 },
    { devices: 100 },
    { devices: 200 },
    { percent: 100 },
  ]);
  expect(parsed.plan.waves.map(({ holdAfter }) => holdAfter ?? false)).toEqual([true, true, true, true, false]);
});

test('a wave with a soak of its own keeps the other limits of the plan', () => {
  const [first, ...rest] = freshForm.waves;
  const form = { ...freshForm, releaseId, minSample: 7, waves: [{ ...first!, soakS: 5, holdAfter: true }, ...rest] };
  const parsed = NewCampaign.parse(asNewCampaign(form));
  expect(parsed.plan.waves[0]).toMatchObject({ gate: { soakS: 5, minSample: 7 }, holdAfter: true });
  expect(parsed.plan.waves[1]?.gate).toBeUndefined();
});

test('nothing is asked of the server before it is known what to bring and to whom', () => {
  expect(asNewCampaign(freshForm)).toBeNull();
  expect(asNewCampaign({ ...freshForm, kind: 'config', configId: releaseId })).toBeNull();
  expect(asNewCampaign({ ...freshForm, releaseId, targets: 'list', ids: [] })).toBeNull();
});

const full: CampaignForm = {
  ...freshForm,
  name: 'Night shift',
  releaseId,
  selector: { site: ['Oslo'] },
  waves: [{ ...wave(0, 'devices', 10, true), soakS: 7200 }, wave(1, 'percent', 100)],
  ratePerMinute: 30,
  maxRejection: 2.5,
  maxInstallS: 900,
  health: { ...freshHealth, maxErrorRise: 3, metrics: [{ key: 0, metric: 'temperature_c', bad: 'up', maxChange: 2 }] },
  startAt: '2026-12-01T22:00',
  windows: [{ key: 0, days: ['mon', 'tue'], from: '22:30', minutes: 240, timezone: 'device' }],
  siteBudget: { unit: 'percent', size: 25 },
  minBatteryPercent: 40,
  mainsPower: true,
  jitterS: 120,
  lateJoiners: true,
  allowDowngrade: true,
};

test('a saved draft comes back into the form as it was written', () => {
  const body = NewCampaign.parse(asNewCampaign(full));
  const saved = {
    ...body,
    kind: 'release',
    configId: null,
    configNumber: null,
    command: null,
    supersedes: null,
    plan: CampaignPlan.parse(body.plan),
  } as unknown as Campaign;
  expect(formOfCampaign(saved)).toEqual(full);
  expect(CampaignPatch.parse(asPatch(formOfCampaign(saved))).plan).toEqual(body.plan);
});
