import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import type { CampaignState, NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { type CampaignEdit, draftStore } from '@muster/persistence/campaigns/draft.store';
import type { Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { refuse } from './acting.js';
import { subjectOf } from './campaign-subject.js';
import { checkPlan } from './preview-targets.js';
import { answer } from './read-campaign.js';
import { checkSuperseded } from './superseded-campaign.js';

/** Nothing has been frozen in these. */
const editable: readonly CampaignState[] = ['draft', 'awaiting_approval', 'denied', 'scheduled'];

/**
 * Changes a campaign that has not started. What changes is judged like a new draft, and whatever was asked, approved,
 * denied or scheduled before is void: it is a draft again, of another version, and who edited it is one of its authors.
 */
export async function editCampaign(tx: Tx, call: Call<typeof routes.updateCampaign>, now: Date) {
  const { principal, params, body, ifMatch, requestId } = call;
  const row = await campaignStore.lock(tx, params.campaignId);
  if (row === null) throw Refusal.notFound('campaign', params.campaignId);
  if (row.version !== ifMatch) throw Refusal.stale(row.version);
  if (!editable.includes(row.state) || row.parentId !== null)
    throw refuse(row, `A campaign that is ${row.state.replaceAll('_', ' ')} is not edited any more.`, {
      allowed: editable,
    });
  if (body.releaseId !== undefined && row.kind !== 'release')
    throw new Refusal('validation_failed', undefined, undefined, [
      { pointer: '/body/releaseId', message: `is not for a campaign of kind ${row.kind}` },
    ]);
  const before = editOf(row);
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  const after: CampaignEdit = { ...before, ...given };
  const changed = (Object.keys(before) as (keyof CampaignEdit)[]).filter((key) => differs(before[key], after[key]));
  if (changed.length === 0) return answer(tx, row.id);
  await check(tx, row, after, now);

  if (row.state !== 'draft') {
    const step = machine.next(row.state, 'revise');
    if (step.kind === 'refused') throw refuse(row, 'It takes no edit.', { allowed: step.allowed });
  }
  await draftStore.edit(tx, row.id, after, now);
  const inputs = { by: principal.name, changed };
  const record = { kind: 'operator', wave: null, verdict: null, code: 'edit', inputs, limits: {} } as const;
  await decisionStore.append(tx, row.id, record, now);
  await audit.append(tx, {
    actor: actorOf(principal),
    action: 'campaign.edited',
    resource: `campaign:${row.id}`,
    before: { state: row.state, ...pick(before, changed) },
    after: { state: 'draft', ...pick(after, changed) },
    requestId,
  });
  await outbox.drop(tx, {
    tenantId: principal.tenantId,
    type: 'campaign.changed',
    key: row.id,
    payload: { campaignId: row.id, state: 'draft' },
  });
  return answer(tx, row.id);
}

const editOf = ({ name, releaseId, selector, plan, supersedes }: CampaignRow): CampaignEdit => ({
  name,
  releaseId,
  selector,
  plan,
  supersedes,
});

/** By content: the order of keys says nothing. */
const differs = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b));
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, it]) => it !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, it]) => [key, sorted(it)]),
  );
};

const pick = (edit: CampaignEdit, keys: readonly (keyof CampaignEdit)[]) =>
  Object.fromEntries(keys.map((key) => [key, edit[key]]));

/** The same checks a new draft goes through. */
async function check(tx: Tx, row: CampaignRow, edit: CampaignEdit, now: Date): Promise<void> {
  const { kind } = row;
  const asked: NewCampaign = {
    ...edit,
    kind,
    releaseId: edit.releaseId ?? undefined,
    supersedes: edit.supersedes ?? undefined,
    configId: row.configId ?? undefined,
    configNumber: row.configNumber ?? undefined,
    command: row.command ?? undefined,
  };
  const release = await subjectOf(tx, asked);
  if (release !== null && release.state !== 'published')
    throw new Refusal('release_state_refused', `The release is ${release.state}; only published ones roll out.`);
  await checkSuperseded(tx, { id: row.id, kind, supersedes: edit.supersedes });
  await checkPlan(tx, asked, release, now);
}
