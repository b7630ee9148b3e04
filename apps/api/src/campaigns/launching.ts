import { judgePlan, judgeStart } from '@muster/domain/campaigns/judge-plan';
import { audit } from '@muster/persistence/audit/audit.store';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { draftStore } from '@muster/persistence/campaigns/draft.store';
import { freezeTargets, sortDevices } from '@muster/persistence/campaigns/freeze-targets';
import { targetStore } from '@muster/persistence/campaigns/target.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { type ReleaseRow, releaseStore } from '@muster/persistence/releases/release.store';
import { personsBehind } from '../access/persons-behind.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { refuseSigner } from '../releases/separate-duties.js';
import { type Acting, move, requireReason } from './acting.js';

/** How a draft becomes a campaign: submitted and approved, or at once; now, or at the time its plan names. */
export async function launch(acting: Acting): Promise<void> {
  const { row, now } = acting;
  const late = judgeStart(row.plan, now);
  if (late !== null) throw new Refusal(late.code, late.detail, late.facts);
  if (row.plan.approval) return submit(acting);
  await begin(acting, 'launch');
}

async function submit(acting: Acting): Promise<void> {
  const { tx, row, principal } = acting;
  await publishedRelease(acting);
  await move(acting, 'submit');
  const sentence = `${principal.name} asks for approval of ${row.name}.`;
  await outbox.drop(tx, {
    tenantId: principal.tenantId,
    type: 'campaign.awaiting_approval',
    key: row.id,
    payload: { campaignId: row.id, sentence },
  });
}

/**
 * Four eyes: nobody who drafted or edited it approves it, by their own hand or by an API key of theirs. The version the
 * approver read is the one that is approved, since every edit makes another.
 */
export async function approve(acting: Acting): Promise<void> {
  const { tx, row, principal } = acting;
  const mine = await personsBehind(tx, actorOf(principal));
  for (const author of await authorsOf(acting))
    if (mine.has(author))
      throw new Refusal('approval_by_creator', 'Who drafted or edited a campaign does not approve it.');
  await begin(acting, 'approve');
  await campaignStore.approve(tx, row.id, principal.name);
}

export async function deny(acting: Acting): Promise<void> {
  requireReason(acting.reason, 'says what has to change');
  await move(acting, 'deny');
}

/** Everybody who had a hand in what is to be approved. */
async function authorsOf({ tx, row }: Acting): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const action of ['campaign.drafted', 'campaign.edited'])
    for (const { actor } of await audit.list(tx, { limit: 1_000, resource: `campaign:${row.id}`, action }))
      for (const id of await personsBehind(tx, actor)) ids.add(id);
  return ids;
}

/** Freezing more targets takes longer than a person should wait for an answer: the worker does it, at once. */
const FROZEN_HERE = 5_000;

async function begin(acting: Acting, event: 'launch' | 'approve'): Promise<void> {
  const { tx, row, now } = acting;
  const startAt = row.plan.startAt === undefined ? now : new Date(row.plan.startAt);
  const here = startAt <= now && (await targetStore.count(tx, row.selector, FROZEN_HERE)) < FROZEN_HERE;
  if (here) {
    await move(acting, event);
    return freeze(acting);
  }
  const release = await publishedRelease(acting);
  if (startAt <= now) await judgeNow(acting, release);
  await move(acting, 'schedule', startAt <= now ? 'freezing' : event);
  await draftStore.schedule(tx, row.id, startAt);
}

/** What the worker would refuse in a moment is refused here, where somebody waits for the answer. */
async function judgeNow({ tx, row, now }: Acting, release: ReleaseRow | null): Promise<void> {
  const { eligible } = await sortDevices(tx, row, release, now);
  const waves = judgePlan(row.plan, eligible);
  if (!waves.ok) throw new Refusal(waves.code, waves.detail, waves.facts);
}

/** The release it rolls out, fit to be; null where it changes no firmware. */
async function publishedRelease({ tx, row, principal }: Acting): Promise<ReleaseRow | null> {
  const release = row.releaseId === null ? null : await releaseStore.find(tx, row.releaseId);
  if (release !== null && release.state !== 'published')
    throw new Refusal('release_state_refused', `The release is ${release.state}; only published ones roll out.`);
  if (release !== null) await refuseSigner(tx, release.id, principal);
  return release;
}

async function freeze(acting: Acting): Promise<void> {
  const { tx, row, now } = acting;
  const frozen = await freezeTargets(tx, row, await publishedRelease(acting), now);
  if (!frozen.ok) throw new Refusal(frozen.code, frozen.detail, frozen.facts);
  const inputs = { ...frozen.value };
  const record = { kind: 'launched', wave: null, verdict: null, code: 'launched', inputs, limits: {} } as const;
  await decisionStore.append(tx, row.id, record, now);
}
