import { getKillSwitch, setKillSwitch } from '@muster/contracts/campaigns/brakes.routes';
import {
  createCampaign,
  getCampaign,
  launchCampaign,
  listDecisions,
  listExecutions,
  listFailures,
  resumeCampaign,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { Execution } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { sendCommand } from '@muster/contracts/commands/commands.routes';
import { explainDevice } from '@muster/contracts/devices/devices.routes';
import { type ReleaseFault, simulatedArtifact } from '@muster/fleet-sim/behaviour';
import type { SimulatedDevice } from '@muster/fleet-sim/simulated-device';
import { publishContent } from '@muster/launcher/demo/publish-release';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CampaignStage, openStage } from '../stack/campaign-stage.js';

const DEVICES = 60;
const CAP = 15;
const FULL = 1024 * 1024;

/** Who meets the first release how; so many devices of each kind, the rest are good. */
const faults = {
  liars: { kind: 'lies' },
  silent: { kind: 'goes_silent', forMs: 900_000 },
  late: { kind: 'installs_late', afterMs: 32_000 },
  fallen: { kind: 'falls_back', afterMs: 12_000 },
  rejecting: {
    kind: 'rejects',
    code: 'hardware_incompatible',
    detail: 'the radio module of this series has no driver in it',
  },
  drained: { kind: 'defers', times: 1, retryAfterS: 60 },
} as const satisfies Record<string, ReleaseFault>;
type Kind = keyof typeof faults;
const PER_KIND = 4;

let stage: CampaignStage;
const kinds = new Map<string, Kind>();

beforeAll(async () => {
  stage = await openStage({ cluster: inject('postgres'), devices: DEVICES });
  for (const [n, kind] of (Object.keys(faults) as Kind[]).entries()) {
    const some = stage.fleet.devices.slice(n * PER_KIND, (n + 1) * PER_KIND);
    for (const device of some) kinds.set(device.deviceId!, kind);
    stage.fleet.setFault(
      some.map(({ serial }) => serial),
      '2.0.0',
      faults[kind],
    );
  }
});
afterAll(() => stage?.stop());

const parts = (counters: Campaign['counters']) => Object.values(counters).reduce((sum, n) => sum + n);
const of = (kind: Kind): SimulatedDevice[] => stage.fleet.devices.filter((it) => kinds.get(it.deviceId!) === kind);
const read = (campaignId: string) => stage.client.call(getCampaign, { params: { campaignId } });
const refusal = (answer: Promise<unknown>) =>
  answer.then(
    () => null,
    (error: Error) => /"code":"(\w+)"/.exec(error.message)?.[1],
  );

async function release(version: string, bytes = FULL) {
  const { client, name, models } = stage;
  return publishContent(client, { name, version, models, content: simulatedArtifact(version, bytes) });
}

/** A campaign whose gate looks away, so that it has to carry everything to the end. */
async function draft(version: string, plan: Partial<CampaignPlan> = {}, bytes = FULL): Promise<Campaign> {
  const body = stage.campaign((await release(version, bytes)).id);
  const gate = {
    ...body.plan.gate,
    maxFailureRate: 1,
    maxTimeoutRate: 1,
    minSuccessRate: 0,
    minResolvedShare: 0.3,
    soakS: 1,
  };
  const waves = [{ size: { percent: 30 } }, { size: { percent: 100 } }];
  const clocks = { concurrency: CAP, deadlineS: 25, stepTimeoutS: 15 };
  return stage.client.call(createCampaign, {
    body: { ...body, name: version, plan: { ...body.plan, waves, gate, ...clocks, ...plan } },
  });
}
const launch = ({ id, version }: Campaign) =>
  stage.client.call(launchCampaign, { params: { campaignId: id }, body: {}, match: version });

const reaches = (id: string, state: Campaign['state'], within = 150_000) =>
  assertEventually(
    async () => {
      const campaign = await read(id);
      expect(parts(campaign.counters)).toBe(campaign.targets);
      for (const wave of campaign.waves) expect(parts(wave.counters)).toBe(wave.size);
      expect(campaign.state, `${campaign.sentence} ${JSON.stringify(campaign.counters)}`).toBe(state);
      return campaign;
    },
    { within, every: 500 },
  );

async function executions(campaignId: string): Promise<Execution[]> {
  const asked = { params: { campaignId }, query: { pageSize: 1000 } };
  return (await stage.client.call(listExecutions, asked)).items;
}
const told = ({ state, reasonCode }: Execution) => `${state} ${reasonCode}`;

describe('a difficult fleet', () => {
  let campaign: Campaign;

  it('is carried to the end, and every device ends as it deserves', async () => {
    campaign = await launch(await draft('2.0.0'));
    campaign = await reaches(campaign.id, 'completed_with_stragglers');
    const ends = new Map<Kind | 'good', Set<string>>();
    const wanted = {
      liars: 'failed self_reverted',
      silent: 'in_doubt',
      late: 'succeeded confirmed',
      fallen: 'regressed fell_back',
      rejecting: 'rejected hardware_incompatible',
      drained: 'succeeded confirmed',
      good: 'succeeded confirmed',
    };
    await assertEventually(async () => {
      ends.clear();
      for (const one of await executions(campaign.id)) {
        const kind = kinds.get(one.deviceId) ?? 'good';
        // Something it said may be under way when its link goes: then it was heard after it began to install.
        const end = kind === 'silent' && one.provisional ? one.state.replace('timed_out', 'in_doubt') : told(one);
        ends.set(kind, (ends.get(kind) ?? new Set()).add(end));
      }
      expect(Object.fromEntries([...ends].map(([kind, seen]) => [kind, [...seen].join(' | ')]))).toEqual(wanted);
    });
    const offers = await stage.offers(campaign.id);
    expect(stage.mostInFlight(offers)).toBeLessThanOrEqual(CAP);
    const timesOffered = (kind: Kind | undefined) =>
      offers.filter((offer) => kinds.get(offer.deviceId) === kind).length;
    expect(timesOffered('drained')).toBe(2 * PER_KIND);
    expect(timesOffered('silent')).toBe(PER_KIND);
    expect(timesOffered(undefined)).toBe(DEVICES - kinds.size);
    const ran = stage.fleet.devices.filter((it) => it.runningVersion === '2.0.0').map((it) => kinds.get(it.deviceId!));
    expect(new Set(ran.filter((kind) => kind !== 'silent'))).toEqual(new Set([undefined, 'late', 'drained']));
  });

  it('corrects who was only late once, and says so in the order in which it was known', async () => {
    const ids = of('late').map((it) => it.deviceId!);
    const letters = await stage.stack.database.system((tx) =>
      tx.query<{ deviceId: string; state: string }>(
        `select payload->>'deviceId' as "deviceId", payload->>'state' as state from outbox
         where type = 'execution.changed' and payload->>'campaignId' = $1 and payload->>'deviceId' = any($2)
           and payload->>'state' in ('timed_out', 'in_doubt', 'soaking', 'succeeded') order by id`,
        [campaign.id, ids],
      ),
    );
    for (const id of ids)
      expect(letters.filter(({ deviceId }) => deviceId === id).map(({ state }) => state)).toEqual([
        'timed_out',
        'soaking',
        'succeeded',
      ]);
  });

  it('is explained, device by device, and its failures are put together', async () => {
    const explained: Partial<Record<Kind, string>> = {};
    for (const kind of Object.keys(faults) as Kind[]) {
      const [device] = of(kind);
      explained[kind] = (await stage.client.call(explainDevice, { params: { deviceId: device!.deviceId! } })).code;
    }
    expect(explained).toEqual({
      liars: 'self_reverted',
      silent: 'silent',
      late: 'on_target',
      fallen: 'fell_back',
      rejecting: 'hardware_incompatible',
      drained: 'on_target',
    });
    const { items } = await stage.client.call(listFailures, { params: { campaignId: campaign.id } });
    const clusters = items.filter(({ state }) => state !== 'timed_out').map((it) => `${it.state} ${it.reasonCode}`);
    expect(clusters.toSorted()).toEqual([
      'failed self_reverted',
      'in_doubt silent',
      'regressed fell_back',
      'rejected hardware_incompatible',
    ]);
    expect(items.reduce((sum, { count }) => sum + count, 0)).toBe(4 * PER_KIND);
  });

  it('is heard after the end too: who could not reach us on the new version says that it went back', async () => {
    for (const device of of('silent')) await device.net.cut('silence', false);
    await assertEventually(
      async () => {
        const silent = (await executions(campaign.id)).filter((it) => kinds.get(it.deviceId) === 'silent');
        expect(silent.map(told)).toEqual(Array(PER_KIND).fill('failed probation_timed_out'));
      },
      { within: 60_000 },
    );
  });
});

describe('a large release', () => {
  it('goes out as deltas to those who have the one before', async () => {
    const before = stage.fleet.devices.filter((it) => it.runningVersion === '2.0.0').length;
    let campaign = await launch(await draft('2.1.0', { deadlineS: 120, stepTimeoutS: 45 }));
    expect(campaign.state).toBe('preparing');
    campaign = await reaches(campaign.id, 'completed');
    expect(stage.fleet.devices.map((it) => it.runningVersion)).toEqual(Array(DEVICES).fill('2.1.0'));
    // Simulated devices share what they fetched; one that finds it gone takes the whole.
    expect(campaign.bytesSpared).toBeGreaterThan(before * FULL * 0.5);
    expect(campaign.bytesSent + campaign.bytesSpared).toBe(DEVICES * FULL);
  });
});

describe('the kill switch', () => {
  it('stops a campaign and commands for everybody, and the campaign goes on when somebody says so', async () => {
    const { client } = stage;
    const plan = { deadlineS: 120, stepTimeoutS: 45, waves: [{ size: { percent: 100 } }], concurrency: 10 };
    const campaign = await launch(await draft('2.2.0', plan, 16 * 1024));
    const other = await draft('2.3.0', plan, 16 * 1024);
    const offered = () => stage.offers(campaign.id).then((all) => all.length);
    await assertEventually(async () => expect(await offered()).toBeGreaterThan(10), { within: 60_000 });

    const engaged = await client.call(setKillSwitch, { body: { engaged: true, reason: 'smoke in Oslo' } });
    expect(engaged).toMatchObject({ engaged: true, reason: 'smoke in Oslo' });
    const out = await offered();
    expect(out).toBeLessThan(DEVICES);
    const deviceId = stage.fleet.devices[0]!.deviceId!;
    const ping = () => client.call(sendCommand, { params: { deviceId }, body: { name: 'ping' } });
    expect(await refusal(ping())).toBe('kill_switch_engaged');
    expect(await refusal(launch(other))).toBe('kill_switch_engaged');
    const paused = await reaches(campaign.id, 'paused', 60_000);
    expect([paused.reasonCode, paused.reasonDetail]).toEqual(['kill_switch', 'smoke in Oslo']);
    const again = { params: { campaignId: campaign.id }, body: { reason: 'all clear' } };
    expect(await refusal(client.call(resumeCampaign, { ...again, match: paused.version }))).toBe('kill_switch_engaged');
    // What was past the point of no return ends; nothing was offered beyond what was out when the switch was thrown.
    const still = await assertEventually(async () => {
      const now = await read(campaign.id);
      expect(now.counters.inFlight).toBe(0);
      return now;
    });
    expect(still.counters.succeeded + still.counters.queued).toBe(DEVICES);
    expect(await offered()).toBe(out);

    await client.call(setKillSwitch, { body: { engaged: false, reason: 'all clear' } });
    expect(await client.call(getKillSwitch, {})).toMatchObject({ engaged: false });
    const waiting = await read(campaign.id);
    expect(waiting.state).toBe('paused');
    await client.call(resumeCampaign, { ...again, match: waiting.version });
    await reaches(campaign.id, 'completed');
    expect((await ping()).state).toBe('queued');
    const { items } = await client.call(listDecisions, {
      params: { campaignId: campaign.id },
      query: { pageSize: 1000 },
    });
    expect(items.map(({ code }) => code)).toEqual(expect.arrayContaining(['kill_switch', 'resume', 'completed']));
  });
});
