import {
  createCampaign,
  getCampaign,
  launchCampaign,
  resumeCampaign,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign, NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import { listDeviceCommands } from '@muster/contracts/commands/commands.routes';
import { addConfigVersion, createConfig, getConfig, publishConfig } from '@muster/contracts/configs/configs.routes';
import { getTwin } from '@muster/contracts/devices/devices.routes';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CampaignStage, openStage } from '../stack/campaign-stage.js';

const DEVICES = 12;
let stage: CampaignStage;

beforeAll(async () => {
  stage = await openStage({ cluster: inject('postgres'), devices: DEVICES });
});
afterAll(() => stage?.stop());

async function launch(subject: Partial<NewCampaign>): Promise<Campaign> {
  const { releaseId: _, ...draft } = stage.campaign('');
  const waves = [{ size: { devices: 2 }, holdAfter: true }, { size: { percent: 100 } }];
  const gate = { ...draft.plan.gate, soakS: 0 };
  const plan = { ...draft.plan, waves, gate, deviceSoakS: 0 };
  const made = await stage.client.call(createCampaign, { body: { ...draft, ...subject, plan } });
  return stage.client.call(launchCampaign, { params: { campaignId: made.id }, body: {}, match: made.version });
}

const until = (id: string, state: Campaign['state']) =>
  assertEventually(
    async () => {
      const campaign = await stage.client.call(getCampaign, { params: { campaignId: id } });
      expect(campaign.state, campaign.sentence).toBe(state);
      return campaign;
    },
    { within: 60_000, every: 250 },
  );

const resume = (campaign: Campaign) =>
  stage.client.call(resumeCampaign, { params: { campaignId: campaign.id }, body: {}, match: campaign.version });

describe('the same engine', () => {
  it('carries a golden config in waves and publishes it when all have it', async () => {
    const config = await stage.client.call(createConfig, {
      body: {
        name: 'Tariff',
        layer: 'group',
        selector: {},
        policy: 'report',
        document: { own: { tariff: 1 } },
        notes: '',
      },
    });
    const params = { configId: config.id };
    const first = await stage.client.call(publishConfig, { params: { ...params, number: 1 }, match: config.version });
    const body = { document: { own: { tariff: 2 } }, notes: 'winter' };
    await stage.client.call(addConfigVersion, { params, body, match: first.version });

    const tariffs = async () => {
      const twins = await Promise.all(
        stage.fleet.devices.map((d) => stage.client.call(getTwin, { params: { deviceId: d.deviceId! } })),
      );
      return twins.map((twin) => (twin.reported as { config?: { own?: { tariff?: number } } }).config?.own?.tariff);
    };
    await assertEventually(async () => expect(await tariffs()).toEqual(Array(DEVICES).fill(1)), { within: 30_000 });

    const launched = await launch({ name: 'winter tariff', kind: 'config', configId: config.id, configNumber: 2 });
    const held = await until(launched.id, 'held');
    expect((await tariffs()).filter((tariff) => tariff === 2)).toHaveLength(2);
    await resume(held);
    const ended = await until(launched.id, 'completed');
    expect(ended.counters.succeeded).toBe(DEVICES);
    expect(await tariffs()).toEqual(Array(DEVICES).fill(2));
    expect(await stage.client.call(getConfig, { params })).toMatchObject({ publishedNumber: 2 });
  });

  it('sends a command in waves and counts what devices answer', async () => {
    const launched = await launch({ name: 'ping all', kind: 'command', command: { name: 'ping', args: {} } });
    const held = await until(launched.id, 'held');
    expect(held.counters).toMatchObject({ succeeded: 2, waiting: DEVICES - 2 });
    await resume(held);
    await until(launched.id, 'completed');
    for (const device of stage.fleet.devices) {
      const params = { deviceId: device.deviceId! };
      const { items } = await stage.client.call(listDeviceCommands, { params, query: {} });
      expect(items.map((command) => [command.name, command.state])).toEqual([['ping', 'succeeded']]);
    }
  });
});
