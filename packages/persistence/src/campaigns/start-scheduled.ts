import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import type { Decision } from '@muster/domain/campaigns/tick-facts';
import { audit } from '../audit/audit.store.js';
import { outbox } from '../outbox/outbox.store.js';
import { releaseStore } from '../releases/release.store.js';
import { brakeStore } from '../tenants/brake.store.js';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { freezeTargets } from './freeze-targets.js';

const launched = (inputs: object): Decision => ({
  kind: 'launched',
  wave: null,
  verdict: null,
  code: 'launched',
  inputs: { ...inputs },
  limits: {},
});

/** What freezing answered: how many, or why not. */
async function begin(tx: Tx, row: CampaignRow, now: Date) {
  const release = row.releaseId === null ? null : await releaseStore.find(tx, row.releaseId);
  if (release !== null && release.state !== 'published')
    return { ok: false, code: 'release_state_refused', detail: `The release is ${release.state}.` } as const;
  return freezeTargets(tx, row, release, now);
}

/**
 * Starts a scheduled campaign whose time has come: who is a target is decided now. One that can no longer start fails
 * with the reason, and somebody is told. False when it is not to be started: another worker did, somebody edited or
 * stopped it, or the kill switch is engaged.
 */
export async function startScheduled(tx: Tx, campaignId: string, now: Date): Promise<boolean> {
  if (await brakeStore.engaged(tx)) return false;
  const row = await campaignStore.lock(tx, campaignId);
  if (row === null || row.state !== 'scheduled' || row.startAt === null || row.startAt > now) return false;
  const outcome = await begin(tx, row, now);
  const step = machine.next(row.state, outcome.ok ? 'launch' : 'fail');
  if (step.kind === 'refused') throw new Error(`a scheduled campaign refuses ${step.event}`);
  const [code, detail] = outcome.ok ? ['launch', 'at its time'] : [outcome.code, outcome.detail];
  await campaignStore.move(tx, row.id, { to: step.state, code, detail }, now);
  if (outcome.ok) await decisionStore.append(tx, row.id, launched(outcome.value), now);
  await audit.append(tx, {
    actor: { type: 'system', id: 'campaign-engine' },
    action: `campaign.${step.state}`,
    resource: `campaign:${row.id}`,
    before: { state: row.state },
    after: { state: step.state, code, detail },
  });
  const tell = (type: string, more: object) => ({
    tenantId: tx.tenantId!,
    type,
    key: row.id,
    payload: { campaignId: row.id, ...more },
  });
  const sentence = `${row.name} did not start at its time: ${detail}`;
  await outbox.dropAll(tx, [
    tell('campaign.changed', { state: step.state }),
    ...(outcome.ok ? [] : [tell('campaign.halted', { sentence, failed: 'start' })]),
  ]);
  return true;
}
