import {
  createCampaign,
  explainCampaign,
  getCampaign,
  launchCampaign,
  listDecisions,
  listExecutions,
  previewCampaign,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { publishContent } from '@muster/launcher/demo/publish-release';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CampaignStage, openStage } from '../stack/campaign-stage.js';

const DEVICES = 200;
let stage: CampaignStage;
let campaign: Campaign;

beforeAll(async () => {
  stage = await openStage({ cluster: inject('postgres'), devices: DEVICES });
});
afterAll(() => stage?.stop());

const read = async () => (campaign = await stage.client.call(getCampaign, { params: { campaignId: campaign.id } }));
const partsOf = (counters: Campaign['counters']) => Object.values(counters).reduce((sum, n) => sum + n);

describe('a good release', () => {
  it('is previewed, launched, and reaches 200 devices through 1%, 10% and 100%', async () => {
    const content = simulatedArtifact('2.0.0', 64 * 1024);
    const { name, models } = stage;
    const release = await publishContent(stage.client, { name, version: '2.0.0', models, content });
    const body = stage.campaign(release.id);
    const preview = await stage.client.call(previewCampaign, { body });
    expect(preview).toMatchObject({ eligible: DEVICES, exclusions: [], problems: [], offline: 0 });
    expect(preview.waves.map((wave) => wave.size)).toEqual([2, 18, 180]);

    campaign = await stage.client.call(createCampaign, { body });
    const params = { campaignId: campaign.id };
    campaign = await stage.client.call(launchCampaign, { params, body: {}, match: campaign.version });

    let last = '';
    await assertEventually(
      async () => {
        await read();
        expect(partsOf(campaign.counters)).toBe(DEVICES);
        for (const wave of campaign.waves) expect(partsOf(wave.counters)).toBe(wave.size);
        expect(campaign.counters.inFlight).toBeLessThanOrEqual(DEVICES);
        last = campaign.sentence;
        expect(campaign.state, last).toBe('completed');
      },
      { within: 240_000, every: 500 },
    );
    expect(campaign.counters).toMatchObject({ succeeded: DEVICES, failed: 0, queued: 0, inFlight: 0 });
    expect(stage.fleet.devices.map((device) => device.runningVersion)).toEqual(Array(DEVICES).fill('2.0.0'));
  });

  it('was judged at every wave, in order, on evidence that gives the same sentence again', async () => {
    const params = { campaignId: campaign.id };
    const { items } = await stage.client.call(listDecisions, { params, query: { pageSize: 1000 } });
    const told = items.toReversed();
    const gates = told.filter((record) => record.code === 'gate_passed').map((record) => record.wave);
    expect(gates).toEqual([1, 2, 3]);
    const order = told.filter((r) => r.kind === 'wave_opened' || r.kind === 'wave_passed').map((r) => [r.kind, r.wave]);
    expect(order).toEqual(
      [1, 2, 3].flatMap((n) => [
        ['wave_opened', n],
        ['wave_passed', n],
      ]),
    );
    for (const record of items) expect(explainDecision(record)).toBe(record.sentence);
    const explained = await stage.client.call(explainCampaign, { params });
    expect(explained.sentence).toBe(campaign.sentence);
    expect(explained.sentence).toBe(`Completed: ${DEVICES} of ${DEVICES} devices succeeded.`);
  });

  it('offered each device once, and never more at a time than the plan allows', async () => {
    const offers = await stage.offers(campaign.id);
    expect(new Set(offers.map((offer) => offer.deviceId)).size).toBe(DEVICES);
    expect(offers).toHaveLength(DEVICES);
    expect(stage.mostInFlight(offers)).toBeLessThanOrEqual(campaign.plan.concurrency);
    const params = { campaignId: campaign.id };
    const page = await stage.client.call(listExecutions, { params, query: { pageSize: 1000, state: 'succeeded' } });
    expect(page.items).toHaveLength(DEVICES);
  });
});
