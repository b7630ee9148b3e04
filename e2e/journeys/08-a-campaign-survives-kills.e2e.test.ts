import {
  createCampaign,
  getCampaign,
  launchCampaign,
  listExecutions,
  listFailures,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { type Behaviour, drawFault, simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { publishContent } from '@muster/launcher/demo/publish-release';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { describe, expect, inject, it } from 'vitest';
import { type CampaignStage, openStage } from '../stack/campaign-stage.js';

const DEVICES = process.env.MUSTER_FULL ? 200 : 60;
const KILLS = process.env.MUSTER_FULL ? 10 : 5;
const VERSION = '2.0.0';
/** The gate looks away, so that the campaign has to carry these failures to the end. */
const behaviour: Behaviour = [{ share: 0.1, fault: { kind: 'fails_install', atPercent: 40 } }];

async function launch(stage: CampaignStage): Promise<Campaign> {
  const { client, name, models } = stage;
  const content = simulatedArtifact(VERSION, 128 * 1024, behaviour);
  const release = await publishContent(client, { name, version: VERSION, models, content });
  const draft = stage.campaign(release.id);
  const gate = { ...draft.plan.gate, maxFailureRate: 1, minSuccessRate: 0 };
  const plan = { ...draft.plan, gate, concurrency: 8, deadlineS: 600, stepTimeoutS: 300 };
  const made = await client.call(createCampaign, { body: { ...draft, plan } });
  return client.call(launchCampaign, { params: { campaignId: made.id }, body: {}, match: made.version });
}

/** Moments between the first and the last device, told by how many are through. */
const randomPoints = (): number[] =>
  Array.from({ length: KILLS }, () => Math.floor(Math.random() * DEVICES * 0.9)).sort((a, b) => a - b);

async function resolved(stage: CampaignStage, { id }: Campaign): Promise<number> {
  const { counters } = await stage.client.call(getCampaign, { params: { campaignId: id } });
  return counters.succeeded + counters.failed;
}

describe.each([['embedded'], ['mosquitto']] as const)('a campaign with the %s broker', (broker) => {
  it(`ends with the same counts though api, worker and broker are killed ${KILLS} times`, async () => {
    const stage = await openStage({ cluster: inject('postgres'), devices: DEVICES, broker });
    try {
      const { api, worker, mosquitto } = stage.stack;
      const victims = mosquitto === null ? [worker, api] : [worker, mosquitto, api];
      const campaign = await launch(stage);
      const killed: string[] = [];
      for (const [n, due] of randomPoints().entries()) {
        await assertEventually(async () => expect(await resolved(stage, campaign)).toBeGreaterThanOrEqual(due), {
          within: 120_000,
        });
        const victim = victims[n % victims.length]!;
        await victim.kill();
        await victim.start();
        killed.push('name' in victim ? victim.name : 'mosquitto');
      }
      const during = await stage.client.call(getCampaign, { params: { campaignId: campaign.id } });
      console.log(`killed ${killed.join(', ')}; then ${JSON.stringify(during.counters)}`);

      const ended = await assertEventually(
        async () => {
          const now = await stage.client.call(getCampaign, { params: { campaignId: campaign.id } });
          expect(now.state, now.sentence).toBe('completed_with_stragglers');
          return now;
        },
        { within: 300_000, every: 500 },
      );
      const failing = stage.fleet.devices.filter((device) => drawFault(behaviour, device.serial, VERSION) !== null);
      expect(failing.length).toBeGreaterThan(0);
      const failures = await stage.client.call(listFailures, { params: { campaignId: campaign.id } });
      expect(
        failures.items.map(({ reasonCode, state, phase, sample }) => ({ reasonCode, state, phase, sample })),
      ).toMatchObject([{ reasonCode: 'install_failed', state: 'failed' }]);
      expect(ended.counters).toMatchObject({
        succeeded: DEVICES - failing.length,
        failed: failing.length,
        timedOut: 0,
        waiting: 0,
        queued: 0,
        inFlight: 0,
      });
      for (const device of stage.fleet.devices)
        expect(device.runningVersion).toBe(failing.includes(device) ? device.plan.firmwareVersion : VERSION);

      const offers = await stage.offers(campaign.id);
      expect(offers).toHaveLength(DEVICES);
      expect(new Set(offers.map((offer) => offer.deviceId)).size).toBe(DEVICES);
      expect(stage.mostInFlight(offers)).toBeLessThanOrEqual(8);
      const { items } = await stage.client.call(listExecutions, {
        params: { campaignId: campaign.id },
        query: { pageSize: 1000 },
      });
      expect(items.every((execution) => execution.attempt === 1)).toBe(true);
    } finally {
      await stage.stop();
    }
  });
});
