import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { type CampaignEvent, campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import { gateInputs, judgeGate } from '@muster/domain/campaigns/judge-gate';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { freezeTargets } from '@muster/persistence/campaigns/freeze-targets';
import { recall } from '@muster/persistence/campaigns/recall';
import { returnables } from '@muster/persistence/campaigns/returnable.store';
import { startRollback } from '@muster/persistence/campaigns/rollback.store';
import { waveFacts } from '@muster/persistence/campaigns/tick.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { releaseStore } from '@muster/persistence/releases/release.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { answer } from './read-campaign.js';

export type ActionCall = Call<typeof routes.pauseCampaign>;
type Verb = 'launch' | 'approve' | 'pause' | 'resume' | 'hold' | 'advance' | 'stop' | 'rollback';

interface Acting {
  readonly tx: Tx;
  readonly row: CampaignRow;
  readonly principal: Principal;
  readonly reason: string | null;
  readonly now: Date;
}

/**
 * What people ask of a campaign. Every action names the version it was decided on, is durable before it is answered,
 * and leaves an audit entry and a decision record with who and why.
 */
@Injectable()
export class ActionsService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  launch = (call: ActionCall) => this.#act(call, 'launch', launch);
  approve = (call: ActionCall) => this.#act(call, 'approve', approve);
  pause = (call: ActionCall) => this.#act(call, 'pause', (acting) => move(acting, 'pause'));
  resume = (call: ActionCall) => this.#act(call, 'resume', resume);
  hold = (call: ActionCall) => this.#act(call, 'hold', hold);
  advance = (call: ActionCall) => this.#act(call, 'advance', advance);
  stop = (call: ActionCall) => this.#act(call, 'stop', stop);
  rollback = (call: ActionCall) => this.#act(call, 'rollback', rollback);

  #act(call: ActionCall, verb: Verb, work: (acting: Acting) => Promise<void>) {
    const { principal, params, body, requestId, ifMatch } = call;
    const now = this.clock.now();
    const reason = body.reason ?? null;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await campaignStore.lock(tx, params.campaignId);
      if (row === null) throw Refusal.notFound('campaign', params.campaignId);
      if (row.version !== ifMatch) throw Refusal.stale(row.version);
      await work({ tx, row, principal, reason, now });
      const inputs = { by: principal.name, ...(reason === null ? {} : { reason }) };
      const record = { kind: 'operator', wave: null, verdict: null, code: verb, inputs, limits: {} } as const;
      await decisionStore.append(tx, row.id, record, now);
      const after = await answer(tx, row.id);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: `campaign.${verb}`,
        resource: `campaign:${row.id}`,
        before: { state: row.state },
        after: { state: after.resource.state },
        ...(reason === null ? {} : { reason }),
        requestId,
      });
      await outbox.drop(tx, {
        tenantId: principal.tenantId,
        type: 'campaign.changed',
        key: row.id,
        payload: { campaignId: row.id, state: after.resource.state },
      });
      return after;
    });
  }
}

const refuse = (row: CampaignRow, detail: string, facts: object = {}): Refusal =>
  new Refusal('campaign_state_refused', detail, { state: row.state, ...facts });

async function move(
  { tx, row, principal, reason, now }: Acting,
  event: CampaignEvent,
  code: string = event,
): Promise<void> {
  const step = machine.next(row.state, event);
  if (step.kind === 'refused')
    throw refuse(row, `A campaign that is ${row.state.replaceAll('_', ' ')} does not take ${event}.`, {
      allowed: step.allowed,
    });
  const detail = reason ?? `by ${principal.name}`;
  await campaignStore.move(tx, row.id, { to: step.state, code, detail }, now);
}

async function launch(acting: Acting): Promise<void> {
  if (acting.row.plan.approval) return move(acting, 'submit');
  await move(acting, 'launch');
  await freeze(acting);
}

/** Four eyes: the audit log says who drafted it, whatever they are called today. */
async function approve(acting: Acting): Promise<void> {
  const { tx, row, principal } = acting;
  const [drafted] = await audit.list(tx, { limit: 1, resource: `campaign:${row.id}`, action: 'campaign.drafted' });
  if (drafted?.actor.id === principal.id || row.createdBy === principal.name) throw new Refusal('approval_by_creator');
  await move(acting, 'approve');
  await campaignStore.approve(tx, row.id, principal.name);
  await freeze(acting);
}

async function freeze({ tx, row, now }: Acting): Promise<void> {
  const release = row.releaseId === null ? null : await releaseStore.find(tx, row.releaseId);
  if (release !== null && release.state !== 'published')
    throw new Refusal('release_state_refused', `The release is ${release.state}; only published ones roll out.`);
  const frozen = await freezeTargets(tx, row, release, now);
  if (!frozen.ok) throw new Refusal(frozen.code, frozen.detail, frozen.facts);
  const inputs = { ...frozen.value };
  const record = { kind: 'launched', wave: null, verdict: null, code: 'launched', inputs, limits: {} } as const;
  await decisionStore.append(tx, row.id, record, now);
}

/** After a halt somebody takes responsibility for what went wrong so far: it no longer counts, and what comes does. */
async function resume(acting: Acting): Promise<void> {
  const { tx, row, reason, now } = acting;
  if (row.state === 'halted') {
    if (row.childId !== null) throw refuse(row, 'Its devices are being returned, or were: start a new campaign.');
    if (reason === null)
      throw new Refusal('validation_failed', 'Resuming after a halt needs a reason.', undefined, [
        { pointer: '/body/reason', message: 'is needed after a halt' },
      ]);
    await waveStore.reopen(tx, row.id, now);
  }
  if (row.state === 'paused' || row.state === 'pausing')
    await waveStore.shiftSoaks(tx, row.id, now.getTime() - row.since.getTime());
  await move(acting, 'resume');
}

async function hold({ tx, row }: Acting): Promise<void> {
  const n = row.currentWave;
  if (row.state !== 'running' || n === null || n >= row.plan.waves.length)
    throw refuse(row, 'Only a running campaign with another wave to come can be held before it.');
  const waves = row.plan.waves.map((wave, i) => (i === n - 1 ? { ...wave, holdAfter: true } : wave));
  await campaignStore.setPlan(tx, row.id, { ...row.plan, waves });
}

/** Skips the rest of a soak, or goes on after a hold. A failing gate, or one without enough data, is never skipped. */
async function advance(acting: Acting): Promise<void> {
  const { tx, row, now } = acting;
  if (row.state === 'held') return move(acting, 'resume', 'advance');
  const waves = await waveStore.list(tx, [row.id]);
  const current = waves.find((wave) => wave.state === 'open' || wave.state === 'soaking');
  if (row.state !== 'running' || current === undefined) throw refuse(row, 'No wave is open.');
  const facts = waveFacts(row.plan, current);
  const { code, verdict } = judgeGate(gateInputs(facts.size, facts.counts, facts.forgiven), facts.limits);
  if (code === 'no_data' && acting.reason !== null)
    await waveStore.move(tx, row.id, current.n, { from: ['open'], to: 'empty', detail: acting.reason }, now);
  else if (verdict !== 'pass' || !(await waveStore.endSoak(tx, row.id, now)))
    throw refuse(row, `Wave ${current.n} has not passed its gate.`, { gate: code });
  await campaignStore.move(tx, row.id, { to: 'running', code: 'advance', detail: acting.reason }, now);
}

async function stop(acting: Acting): Promise<void> {
  await move(acting, 'stop');
  await recall(acting.tx, acting.row.id, 'campaign_stopped', acting.now);
}

async function rollback(acting: Acting): Promise<void> {
  const { tx, row, now } = acting;
  if (row.kind !== 'release' || row.parentId !== null) throw refuse(row, 'Only a release campaign can be rolled back.');
  if (row.childId !== null) throw refuse(row, 'Its devices are being returned, or were.', { childId: row.childId });
  await move(acting, 'rollback');
  if ((await returnables(tx, row)).length === 0) throw refuse(row, 'No device is on the release.');
  await recall(tx, row.id, 'campaign_rolled_back', now);
  const { childId } = await startRollback(tx, row, now);
  await outbox.drop(tx, {
    tenantId: acting.principal.tenantId,
    type: 'campaign.created',
    key: childId,
    payload: { campaignId: childId },
  });
}
