import type { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { createConfig, publishConfig } from '@muster/contracts/configs/configs.routes';
import { simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { type Fleet, startFleet } from '@muster/fleet-sim/fleet';
import { demoModels, demoVersions } from '@muster/fleet-sim/fleet-plan';
import type { ApiClient } from '@muster/launcher/demo/api-client';
import { publishContent } from '@muster/launcher/demo/publish-release';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { expect } from 'vitest';
import { Stack, type StackOptions } from './stack.js';

const TENANT = 'main';
const SITES = ['Berlin', 'Lisbon', 'Oslo'];

export interface Offer {
  readonly deviceId: string;
  readonly from: Date;
  /** When its slot was free again. */
  readonly to: Date;
}

/** A fleet on two releases that are both known to the control plane, ready for a campaign. */
export interface CampaignStage {
  readonly stack: Stack;
  readonly fleet: Fleet;
  readonly client: ApiClient;
  /** Name and models of the firmware the fleet runs. */
  readonly name: string;
  readonly models: string[];
  campaign(releaseId: string, plan?: Partial<CampaignPlan>): NewCampaign;
  /** What went out, read from the letters and not from where the engine keeps its counts. */
  offers(campaignId: string): Promise<Offer[]>;
  mostInFlight(offers: readonly Offer[]): number;
  stop(): Promise<void>;
}

export async function openStage(options: StackOptions & { readonly devices: number }): Promise<CampaignStage> {
  const stack = await Stack.start(options);
  const { client } = stack;
  const name = 'Gateway firmware';
  const models = [...demoModels];
  for (const version of demoVersions)
    await publishContent(client, { name, version, models, content: simulatedArtifact(version, 16 * 1024) });
  const config = await client.call(createConfig, {
    body: {
      name: 'Basics',
      layer: 'class',
      selector: {},
      policy: 'report',
      document: { heartbeatS: 5, telemetryS: 60 },
      notes: '',
    },
  });
  await client.call(publishConfig, { params: { configId: config.id, number: 1 }, match: config.version });
  const groups = [];
  for (const site of SITES) groups.push({ site, token: await stack.enrollmentToken(options.devices, site) });
  const fleet = await startFleet({
    url: stack.deviceUrl,
    groups,
    devices: options.devices,
    seed: 7,
    concurrency: 16,
    tempo: {
      installMs: 400,
      restartMs: 400,
      telemetryS: 60,
      agent: {
        backoff: { baseMs: 100, capMs: 1_000, stableMs: 1_000 },
        probation: { everyMs: 250, steadyMs: 500, withinMs: 30_000, linkWithinMs: 120_000 },
      },
    },
  });
  await assertEventually(() => expect(fleet.online()).toBe(options.devices), { within: 90_000 });
  await assertEventually(
    async () => {
      const [row] = await stack.database.system((tx) =>
        tx.query<{ known: number }>('select count(distinct device_id)::int as known from device_releases'),
      );
      expect(row!.known).toBe(options.devices);
    },
    { within: 60_000, every: 250 },
  );
  return { stack, fleet, client, name, models, campaign, offers, mostInFlight, stop };

  function campaign(releaseId: string, plan: Partial<CampaignPlan> = {}): NewCampaign {
    return {
      name: 'rollout',
      kind: 'release',
      releaseId,
      selector: {},
      plan: {
        waves: [{ size: { percent: 1 } }, { size: { percent: 10 } }, { size: { percent: 100 } }],
        gate: {
          maxFailureRate: 0.1,
          maxTimeoutRate: 0.1,
          minSuccessRate: 0.8,
          minSample: 10,
          minResolvedShare: 0.95,
          soakS: 2,
        },
        concurrency: 60,
        ratePerMinute: null,
        deadlineS: 90,
        stepTimeoutS: 45,
        deviceSoakS: 2,
        retries: 0,
        autoRollback: true,
        approval: false,
        ...plan,
      },
    };
  }

  async function offers(campaignId: string): Promise<Offer[]> {
    return stack.database.tenant(TENANT, (tx) =>
      tx.query<Offer>(
        `select o.payload->>'deviceId' as "deviceId", o.created_at as from, coalesce((
           select min(e.created_at) from outbox e where e.type in ('execution.changed', 'execution.cancelled')
             and e.payload->>'executionId' = o.payload->>'executionId' and e.created_at >= o.created_at
             and coalesce(e.payload->>'state', 'cancelled') in ('soaking', 'succeeded', 'failed', 'timed_out', 'in_doubt',
               'rejected', 'deferred', 'cancelled', 'already_satisfied', 'queued')), now()) as to
         from outbox o where o.type = 'execution.offered' and o.payload->>'campaignId' = $1 order by o.created_at`,
        [campaignId],
      ),
    );
  }

  function mostInFlight(all: readonly Offer[]): number {
    const steps = all.flatMap(({ from, to }) => [
      { at: from.getTime(), by: 1 },
      { at: to.getTime(), by: -1 },
    ]);
    // At the same instant slots are freed before they are taken.
    steps.sort((a, b) => a.at - b.at || a.by - b.by);
    let most = 0;
    let now = 0;
    for (const { by } of steps) {
      now += by;
      most = Math.max(most, now);
    }
    return most;
  }

  async function stop(): Promise<void> {
    await fleet.stop();
    await stack.stop();
  }
}
