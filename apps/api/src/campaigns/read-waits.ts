import { addCounts, countOf, slotsTaken } from '@muster/domain/campaigns/count-executions';
import type { Update } from '@muster/domain/campaigns/explain-device';
import type { WaitFacts } from '@muster/domain/campaigns/explain-waits';
import { type SiteWait, waitOf } from '@muster/domain/campaigns/offerable-sites';
import { offeredSince } from '@muster/persistence/campaigns/candidate.store';
import type { ExecutionRow } from '@muster/persistence/campaigns/execution.store';
import { loadPace, loadPaceWaits } from '@muster/persistence/campaigns/pace.store';
import { deferredReasons, onlineWaiting } from '@muster/persistence/campaigns/waiting.store';
import type { Tx } from '@muster/persistence/database';
import type { DeviceRow } from '@muster/persistence/devices/device.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { type CampaignView, explain } from './campaign.resource.js';
import { viewOf } from './read-campaign.js';

const opened = ({ waves }: CampaignView): number[] =>
  waves.filter(({ state }) => state === 'open' || state === 'soaking' || state === 'passed').map(({ n }) => n);

const killSwitchOf = async (tx: Tx): Promise<WaitFacts['killSwitch']> => {
  const { since, by, reason } = await brakeStore.read(tx);
  return since === null ? null : { by, reason };
};

/** What stands between a campaign and its next offer. Asked for by who wants to know, not for every page. */
export async function waitsOf(tx: Tx, view: CampaignView, now: Date): Promise<WaitFacts> {
  const { row } = view;
  const killSwitch = (await killSwitchOf(tx)) ?? null;
  const waves = opened(view);
  if ((row.state !== 'running' && row.state !== 'held') || waves.length === 0)
    return { killSwitch, stalledAt: row.stalledAt };
  const counts = addCounts(view.waves.filter(({ n }) => waves.includes(n)).map((wave) => wave.counts));
  const pace = await loadPaceWaits(tx, row, waves, now);
  const { ratePerMinute } = row.plan;
  return {
    killSwitch,
    stalledAt: row.stalledAt,
    slots: { taken: slotsTaken(counts), concurrency: row.plan.concurrency },
    waiting: {
      queued: countOf(counts, 'queued', 'unreachable', 'deferred'),
      online: await onlineWaiting(tx, row.id, waves),
    },
    rate: ratePerMinute === null ? null : { offered: await offeredSince(tx, row.id, now), perMinute: ratePerMinute },
    ...(countOf(counts, 'deferred') > 0 && { deferred: await deferredReasons(tx, row.id) }),
    ...(pace !== null && { freeze: pace.freeze, window: pace.window, fullSites: pace.fullSites }),
  };
}

/** Why nothing is offered at this device's site now. */
async function siteWait(
  tx: Tx,
  view: CampaignView,
  device: Pick<DeviceRow, 'site'>,
  now: Date,
): Promise<SiteWait | null> {
  const pace = await loadPace(tx, view.row, opened(view), now);
  const site = pace?.sites.find((it) => it.site === (device.site ?? ''));
  return pace === null || site === undefined ? null : waitOf(view.row.plan, pace.freezes, site, now);
}

/** The newest update of a device with everything that may hold it back. */
export async function updateOf(
  tx: Tx,
  execution: ExecutionRow,
  device: Pick<DeviceRow, 'site'> & { readonly timezone: string },
  now: Date,
): Promise<Update> {
  const view = await viewOf(tx, execution.campaignId);
  const wave = view.waves.find((w) => w.n === execution.wave);
  return {
    campaignName: execution.campaignName,
    campaignState: view.row.state,
    campaignSentence: explain(view).sentence,
    wave: execution.wave,
    waveState: wave?.state ?? 'planned',
    state: execution.state,
    reasonCode: execution.reasonCode,
    reasonDetail: execution.reasonDetail,
    progress: execution.progress,
    wantedVersion: execution.releaseVersion,
    slotsFree: view.row.plan.concurrency - slotsTaken(addCounts(view.waves.map((w) => w.counts))),
    isRollback: view.row.parentId !== null,
    notBefore: execution.notBefore,
    wait: await siteWait(tx, view, device, now),
    timezone: device.timezone,
    killSwitch: (await killSwitchOf(tx)) ?? null,
  };
}
