import { admitJoiners } from '@muster/domain/campaigns/admit-joiners';
import { countSites } from '@muster/domain/campaigns/judge-plan';
import { judgeTarget } from '@muster/domain/campaigns/judge-target';
import { orderTargets } from '@muster/domain/campaigns/order-targets';
import { type SiteTargets, starvedSites } from '@muster/domain/campaigns/site-budget';
import { audit } from '../audit/audit.store.js';
import { outbox } from '../outbox/outbox.store.js';
import { releaseStore } from '../releases/release.store.js';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import type { ExcludedDevice } from './freeze-targets.js';
import { releaseDemandsStore } from './release-demands.store.js';
import { BY_OPERATOR, inSlice, nameSlice, sliceStore } from './slice.store.js';
import { type MatchedDevice, targetStore } from './target.store.js';
import { CountDeltas, type WaveRow, waveStore } from './wave.store.js';

export interface Joined {
  readonly joined: number;
  readonly excluded: number;
}

const nobody: Joined = { joined: 0, excluded: 0 };

/** While its gate is still to be judged: what joins a wave that has passed would be judged by nobody. */
const joinable = (campaign: CampaignRow, waves: readonly WaveRow[]): WaveRow | undefined => {
  if (campaign.state !== 'running' && campaign.state !== 'held') return undefined;
  if (campaign.parentId !== null || campaign.plan.lateJoiners !== true || campaign.releaseRevoked) return undefined;
  const last = waves.filter((wave) => wave.state !== 'planned').at(-1);
  return last?.state === 'open' || last?.state === 'soaking' ? last : undefined;
};

export const lateJoinerStore = {
  /** Campaigns that may take late devices, over all tenants (system transaction). */
  due(tx: Tx): Promise<{ tenantId: string; id: string }[]> {
    return tx.query(
      `select tenant_id as "tenantId", id from campaigns
       where state in ('running', 'held') and parent_id is null and current_wave is not null
         and (plan->>'lateJoiners')::boolean order by joined_at nulls first, id`,
    );
  },

  /**
   * Devices that came to match after the launch become targets of the last opened wave, behind everybody, or are written
   * down with the reason why not. A tick that was deciding meanwhile decides again.
   */
  async join(tx: Tx, campaignId: string, now: Date): Promise<Joined> {
    const seen = await campaignStore.get(tx, campaignId);
    if (seen === null || joinable(seen, await waveStore.list(tx, [campaignId])) === undefined) return nobody;
    // Most looks find nobody: those hold up no tick.
    if ((await targetStore.match(tx, seen.selector, { newTo: campaignId })).length === 0) return nobody;

    const campaign = await campaignStore.lock(tx, campaignId);
    const waves = await waveStore.list(tx, [campaignId]);
    const wave = campaign === null ? undefined : joinable(campaign, waves);
    if (campaign === null || wave === undefined) return nobody;
    const { eligible: fit, excluded } = await sortNew(tx, campaign, now);
    const eligible = await fedByBudget(tx, campaign, fit);
    const targets = waves.reduce((sum, { size }) => sum + size, 0);
    const taken = admitJoiners(campaign.plan, wave, targets, eligible.length);
    const joining = orderTargets(campaignId, eligible).slice(0, taken);
    if (joining.length > 0) await admit(tx, campaign, wave, joining, eligible, now);
    if (excluded.length > 0)
      await targetStore.exclude(
        tx,
        campaignId,
        excluded.map(({ device, code, detail }) => ({ deviceId: device.deviceId, code, detail })),
      );
    await targetStore.recountExclusions(tx, campaignId);
    if (joining.length > 0) await tell(tx, campaignId, wave.n, joining.length);
    return { joined: joining.length, excluded: excluded.length };
  },
};

async function sortNew(
  tx: Tx,
  campaign: CampaignRow,
  now: Date,
): Promise<{ eligible: MatchedDevice[]; excluded: ExcludedDevice[] }> {
  const release = campaign.releaseId === null ? null : await releaseStore.find(tx, campaign.releaseId);
  const demands = await releaseDemandsStore.of(tx, campaign.plan, release);
  const slices = await sliceStore.removed(tx, campaign.id);
  const eligible: MatchedDevice[] = [];
  const excluded: ExcludedDevice[] = [];
  for (const device of await targetStore.match(tx, campaign.selector, { newTo: campaign.id })) {
    const slice = slices.find((one) => inSlice(one, device));
    const reason =
      slice === undefined ? judgeTarget(device, demands, now) : { code: BY_OPERATOR, detail: nameSlice(slice) };
    if (reason === null) eligible.push(device);
    else excluded.push({ device, ...reason });
  }
  return { eligible, excluded };
}

/** Without those whose site is so small under the plan's budget that they would wait for ever. */
async function fedByBudget(tx: Tx, campaign: CampaignRow, devices: readonly MatchedDevice[]): Promise<MatchedDevice[]> {
  const { siteBudget } = campaign.plan;
  if (siteBudget === undefined || devices.length === 0) return [...devices];
  const known = await tx.query<SiteTargets>(
    'select site, targets from campaign_sites where tenant_id = $1 and campaign_id = $2',
    [tx.tenantId, campaign.id],
  );
  const already = new Map(known.map(({ site, targets }) => [site, targets] as const));
  const sites = countSites(devices).map(({ site, targets }) => ({ site, targets: targets + (already.get(site) ?? 0) }));
  const starved = new Set(starvedSites(siteBudget, sites).map(({ site }) => site));
  return devices.filter(({ site }) => site === null || !starved.has(site));
}

async function admit(
  tx: Tx,
  campaign: CampaignRow,
  wave: WaveRow,
  joining: readonly string[],
  eligible: readonly MatchedDevice[],
  now: Date,
): Promise<void> {
  const devices = new Map(eligible.map((device) => [device.deviceId, device] as const));
  const [last] = await tx.query<{ next: number }>(
    `select coalesce(max(position), -1) + 1 as next from campaign_targets where tenant_id = $1 and campaign_id = $2`,
    [tx.tenantId, campaign.id],
  );
  await targetStore.freeze(
    tx,
    campaign.id,
    joining.map((deviceId, i) => {
      const { previousReleaseId, previousVersion } = devices.get(deviceId)!;
      const position = last!.next + i;
      return { deviceId, wave: wave.n, position, releaseId: campaign.releaseId, previousReleaseId, previousVersion };
    }),
    now,
  );
  await tx.execute(
    `delete from campaign_exclusions where tenant_id = $1 and campaign_id = $2 and device_id = any($3::uuid[])`,
    [tx.tenantId, campaign.id, joining],
  );
  await waveStore.grow(tx, campaign.id, wave.n, joining.length);
  const deltas = new CountDeltas();
  deltas.add(wave.n, null, 'queued', joining.length);
  await waveStore.count(tx, campaign.id, deltas, now);
  await campaignStore.noteJoined(tx, campaign.id, joining.length, now);
}

/** Last, for the audit log is one line per tenant: nobody waits for a device with its end in hand. */
async function tell(tx: Tx, campaignId: string, wave: number, devices: number): Promise<void> {
  await audit.append(tx, {
    actor: { type: 'system', id: 'campaign-engine' },
    action: 'campaign.joined',
    resource: `campaign:${campaignId}`,
    after: { wave, devices },
  });
  await outbox.drop(tx, {
    tenantId: tx.tenantId!,
    type: 'campaign.progressed',
    key: campaignId,
    payload: { campaignId },
  });
}
