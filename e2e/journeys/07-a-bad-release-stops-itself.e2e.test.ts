import {
  createCampaign,
  explainCampaign,
  getCampaign,
  launchCampaign,
  listDecisions,
  listExecutions,
  listFailures,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainDevice } from '@muster/contracts/devices/devices.routes';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { type GateInputs, judgeGate } from '@muster/domain/campaigns/judge-gate';
import { type Behaviour, simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { publishContent } from '@muster/launcher/demo/publish-release';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CampaignStage, openStage } from '../stack/campaign-stage.js';

const DEVICES = 100;
let stage: CampaignStage;
const cameWith = new Map<string, string>();

beforeAll(async () => {
  stage = await openStage({ cluster: inject('postgres'), devices: DEVICES });
  for (const device of stage.fleet.devices) cameWith.set(device.deviceId!, device.plan.firmwareVersion);
  expect(new Set(cameWith.values()).size).toBe(2);
});
afterAll(() => stage?.stop());

const call = () => stage.client;
const read = (campaignId: string) => call().call(getCampaign, { params: { campaignId } });
const parts = (counters: Campaign['counters']) => Object.values(counters).reduce((sum, n) => sum + n);

async function rollOut(version: string, behaviour: Behaviour, gate: Partial<GateLimits> = {}): Promise<Campaign> {
  const content = simulatedArtifact(version, 32 * 1024, behaviour);
  const { name, models } = stage;
  const release = await publishContent(call(), { name, version, models, content });
  const draft = stage.campaign(release.id);
  const waves = [{ size: { percent: 6 } }, { size: { percent: 40 } }, { size: { percent: 100 } }];
  const body = { ...draft, name: version, plan: { ...draft.plan, waves, gate: { ...draft.plan.gate, ...gate } } };
  const made = await call().call(createCampaign, { body });
  return call().call(launchCampaign, { params: { campaignId: made.id }, body: {}, match: made.version });
}

/** Until it has halted, returned what it updated, and ended. */
const ended = (id: string) =>
  assertEventually(
    async () => {
      const campaign = await read(id);
      for (const wave of campaign.waves) expect(parts(wave.counters)).toBe(wave.size);
      expect([campaign.state, campaign.reasonCode], campaign.sentence).toEqual(['failed', 'rolled_back']);
      return campaign;
    },
    { within: 240_000, every: 500 },
  );

async function decisionsOf(campaignId: string): Promise<DecisionRecord[]> {
  return (await call().call(listDecisions, { params: { campaignId }, query: { pageSize: 1000 } })).items.toReversed();
}

/** Everything a halt must leave behind, whatever the release did. */
async function expectStoppedCleanly(campaign: Campaign, code: string): Promise<void> {
  const params = { campaignId: campaign.id };
  const records = await decisionsOf(campaign.id);
  const halts = records.filter((record) => record.verdict === 'halt');
  expect(halts.map((record) => record.code)).toEqual([code]);
  const halted = halts[0]!;

  // The first wave whose gate broke, and nobody beyond it.
  const wave = campaign.waves.find(({ state }) => state === 'halted')!;
  expect(wave.n).toBe(halted.wave);
  for (const later of campaign.waves.filter(({ n }) => n > wave.n)) expect(later.openedAt).toBeNull();
  const { items } = await call().call(listExecutions, { params, query: { pageSize: 1000 } });
  expect(items).toHaveLength(DEVICES);
  expect(items.filter((execution) => execution.wave > wave.n && execution.offeredAt !== null)).toEqual([]);

  // Recomputed from stored evidence, by the API, and on the page: one sentence.
  const again = judgeGate(halted.inputs as unknown as GateInputs, halted.limits as unknown as GateLimits);
  expect([again.verdict, again.code, again.checks]).toEqual(['halt', halted.code, halted.checks]);
  const decisive = [halted, ...records.filter((record) => record.kind === 'rollback_finished')];
  const recomputed = decisive.map(explainDecision).join(' ');
  const explained = await call().call(explainCampaign, { params });
  expect(campaign.sentence).toBe(recomputed);
  expect(explained.sentence).toBe(recomputed);

  // Everybody is back on what they came with, two different releases.
  await assertEventually(
    () => {
      const wrong = stage.fleet.devices.filter((device) => device.runningVersion !== cameWith.get(device.deviceId!));
      expect(wrong.map((device) => [device.serial, device.runningVersion])).toEqual([]);
    },
    { within: 30_000 },
  );
  const child = await read(campaign.childId!);
  expect(child).toMatchObject({ parentId: campaign.id, kind: 'release' });
  const [letters] = await stage.stack.database.system((tx) =>
    tx.query<{ halted: number }>(
      `select count(*)::int as halted from outbox where type = 'campaign.halted' and key = $1`,
      [campaign.id],
    ),
  );
  expect(letters!.halted).toBe(1);
}

describe('a bad release', () => {
  it('that fails on 30% of the devices stops itself and is taken back', async () => {
    const launched = await rollOut('3.0.0', [{ share: 0.3, fault: { kind: 'fails_install', atPercent: 60 } }]);
    const campaign = await ended(launched.id);
    await expectStoppedCleanly(campaign, 'failure_rate');
    expect(campaign.sentence).toMatch(
      /^Wave \d halted: \d+ of \d+ (resolved )?devices? failed, .*[\d.]+% .*against a limit of 10%\. Returned \d+ of \d+ devices/,
    );
    const { items } = await call().call(listFailures, { params: { campaignId: campaign.id } });
    expect(items[0]).toMatchObject({ reasonCode: 'install_failed', state: 'failed' });
    const [failed] = items[0]!.sample;
    const why = await call().call(explainDevice, { params: { deviceId: failed!.deviceId } });
    expect(why).toMatchObject({ code: 'install_failed' });
  });

  it('that boots but is unhealthy stops itself and is taken back', async () => {
    const launched = await rollOut('4.0.0', [{ share: 0.3, fault: { kind: 'unhealthy', detail: 'no meter' } }]);
    const campaign = await ended(launched.id);
    await expectStoppedCleanly(campaign, 'failure_rate');
    const { items } = await call().call(listFailures, { params: { campaignId: campaign.id } });
    expect(items[0]).toMatchObject({ reasonCode: 'health_check_failed', state: 'failed' });
  });

  it('that reports success and falls back later is found out, stopped and taken back', async () => {
    const behaviour: Behaviour = [{ share: 0.3, fault: { kind: 'falls_back', afterMs: 20_000 } }];
    const launched = await rollOut('5.0.0', behaviour, { soakS: 30 });
    const campaign = await ended(launched.id);
    await expectStoppedCleanly(campaign, 'failure_rate');
    const { items } = await call().call(listFailures, { params: { campaignId: campaign.id } });
    expect(items.map((cluster) => cluster.state)).toContain('regressed');
  });

  it('that is reported as a success by devices that never ran it is found out too', async () => {
    const launched = await rollOut('6.0.0', [{ share: 0.3, fault: { kind: 'lies' } }]);
    const campaign = await ended(launched.id);
    await expectStoppedCleanly(campaign, 'failure_rate');
    const { items } = await call().call(listFailures, { params: { campaignId: campaign.id } });
    expect(items[0]).toMatchObject({ reasonCode: 'self_reverted' });
  });
});
