import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import { type CampaignEvent, campaign as campaignMachine } from '@muster/domain/campaigns/campaign.machine';
import { groundsOf } from '@muster/domain/campaigns/judge-wave';
import type { Decision, TickDecision } from '@muster/domain/campaigns/tick-facts';
import { audit } from '../audit/audit.store.js';
import { configStore } from '../configs/config.store.js';
import { outbox } from '../outbox/outbox.store.js';
import { brakeStore } from '../tenants/brake.store.js';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore, type Lease } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { startRollback } from './rollback.store.js';
import { cancelAll, type Outcome, offer, retry, settle, stillAs } from './settle.store.js';
import { withinBudget } from './site-budget.store.js';
import type { LoadedTick } from './tick.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

/** `stale`: the campaign changed since the facts were read, decide again. `fenced`: another ticker has taken over, stop. */
export type Applied = 'applied' | 'stale' | 'fenced';

/**
 * Applies one step's decisions in the caller's transaction: rows, counts, evidence, audit and letters commit together
 * or not at all. Compare-and-set on the fence, on the campaign's version and on each execution's version, so that a
 * ticker that slept, an operator and a device can all act at the same time and none undoes another.
 */
export async function applyTick(
  tx: Tx,
  loaded: LoadedTick,
  decisions: readonly TickDecision[],
  lease: Lease,
  now: Date,
): Promise<Applied> {
  // Whoever engages the kill switch waits for this to end or is seen by it.
  const killed = await brakeStore.engaged(tx);
  const locked = await campaignStore.lock(tx, loaded.campaign.id);
  if (locked === null || locked.fence !== lease.fence) return 'fenced';
  if (locked.version !== loaded.campaign.version || killed !== (loaded.facts.campaign.killed ?? false)) return 'stale';
  const work = new TickWork(tx, locked, loaded.versions, now);
  for (const decision of executionsFirst(decisions)) await work.apply(decision);
  await work.finish();
  return 'applied';
}

/**
 * A device's report locks its execution, then its wave's counts: what locks waves comes after what locks executions, or
 * a halt and the reports of devices under way would wait for each other.
 */
const executionsFirst = (decisions: readonly TickDecision[]): TickDecision[] => [
  ...decisions.filter(({ kind }) => kind === 'cancel'),
  ...decisions.filter(({ kind }) => kind !== 'cancel'),
];

class TickWork {
  readonly #out: Outcome = { deltas: new CountDeltas(), letters: [] };
  #state: CampaignState;

  constructor(
    private readonly tx: Tx,
    private readonly campaign: CampaignRow,
    private readonly versions: ReadonlyMap<string, number>,
    private readonly now: Date,
  ) {
    this.#state = campaign.state;
  }

  async apply(decision: TickDecision): Promise<void> {
    const { tx, campaign, versions, now } = this;
    const { id } = campaign;
    switch (decision.kind) {
      case 'start':
        return this.#move('start', null, null);
      case 'settle': {
        const moved = await stillAs(tx, decision.executionIds, versions, decision.event);
        return settle(tx, campaign, moved, decision.event, decision.code, this.#out, now);
      }
      case 'retry':
        return retry(tx, id, decision.executionIds, versions, this.#out, now);
      case 'offer': {
        const moved = await stillAs(tx, decision.executionIds, versions, 'offer');
        return offer(tx, id, await withinBudget(tx, campaign, moved), decision, this.#out, now);
      }
      case 'cancel':
        return cancelAll(tx, id, decision.states, decision.code, this.#out, now);
      case 'record':
        await this.#judge(decision.decision);
        return;
      case 'open_wave':
        await waveStore.move(tx, id, decision.wave, { from: ['planned'], to: 'open' }, now);
        await campaignStore.setCurrentWave(tx, id, decision.wave);
        await this.#record(decision.decision);
        return;
      case 'soak':
        await waveStore.move(tx, id, decision.wave, { from: ['open'], to: 'soaking', soakUntil: decision.until }, now);
        return;
      case 'pass_wave':
        await waveStore.move(tx, id, decision.wave, { from: ['open', 'soaking'], to: 'passed' }, now);
        await this.#record(decision.decision);
        return;
      case 'empty_wave':
        await waveStore.move(tx, id, decision.wave, { from: ['open'], to: 'empty' }, now);
        return;
      case 'hold':
        return this.#move('hold', decision.code, null);
      case 'halt':
        return this.#halt(decision.wave, decision.decision);
      case 'start_rollback':
        return this.#rollback();
      case 'stall':
        return this.#stall(decision.decision);
      case 'finish':
        return this.#finish(decision);
    }
  }

  /** Counts and letters at the end, in the order everybody takes those locks. */
  async finish(): Promise<void> {
    const { tx, campaign } = this;
    await waveStore.count(tx, campaign.id, this.#out.deltas, this.now);
    this.#letter('campaign.progressed');
    await outbox.dropAll(tx, this.#out.letters);
  }

  async #halt(wave: number | null, decision: Decision): Promise<void> {
    const sentence = wave === null ? await this.#record(decision) : await this.#judge(decision);
    if (wave !== null)
      await waveStore.move(
        this.tx,
        this.campaign.id,
        wave,
        { from: ['open', 'soaking', 'passed'], to: 'halted' },
        this.now,
      );
    await this.#move('halt', decision.code, sentence);
    const returning = this.campaign.parentId !== null || decision.kind === 'rollback_failed';
    this.#letter('campaign.halted', { sentence, ...(returning && { failed: 'rollback' }) });
  }

  async #stall(decision: Decision | null): Promise<void> {
    await campaignStore.setStalled(this.tx, this.campaign.id, decision === null ? null : this.now);
    if (decision !== null) this.#letter('campaign.stalled', { sentence: await this.#record(decision) });
  }

  async #rollback(): Promise<void> {
    const { childId, sentence } = await startRollback(this.tx, this.campaign, this.now);
    await this.#move('rollback', this.campaign.reasonCode, this.campaign.reasonDetail, { childId, sentence });
    this.#out.letters.push({
      tenantId: this.tx.tenantId!,
      type: 'campaign.created',
      key: childId,
      payload: { campaignId: childId },
    });
  }

  async #finish(decision: Extract<TickDecision, { kind: 'finish' }>): Promise<void> {
    const sentence = decision.decision === null ? null : await this.#record(decision.decision);
    const { id, since, reasonCode, reasonDetail } = this.campaign;
    // Soak clocks stand from the pause on, not only from when the last device was through.
    if (this.#state === 'pausing') await waveStore.shiftSoaks(this.tx, id, this.now.getTime() - since.getTime());
    // Why it stops has been said when another campaign took its place, and when everything was stopped.
    const said = decision.event === 'settle' && (reasonCode === 'superseded' || reasonCode === 'kill_switch');
    await this.#move(decision.event, said ? reasonCode : decision.code, sentence ?? (said ? reasonDetail : null));
    if (decision.event === 'complete' || decision.event === 'straggle') await this.#publishConfig();
    if (sentence === null) return;
    const type = decision.event === 'returned' ? 'campaign.rollback_finished' : 'campaign.completed';
    if (this.campaign.parentId === null) this.#letter(type, { sentence });
  }

  /** What every wave has carried is now what everybody gets, late comers too. */
  async #publishConfig(): Promise<void> {
    const { configId, configNumber: number } = this.campaign;
    if (configId === null || number === null) return;
    if (!(await configStore.publish(this.tx, configId, number, this.now))) return;
    const letter = { tenantId: this.tx.tenantId!, type: 'config.published', key: configId };
    this.#out.letters.push({ ...letter, payload: { configId, number } });
  }

  async #move(event: CampaignEvent, code: string | null, detail: string | null, after: object = {}): Promise<void> {
    const step = campaignMachine.next(this.#state, event);
    if (step.kind === 'refused') throw new Error(`campaign ${this.campaign.id} in ${this.#state} refuses ${event}`);
    await campaignStore.move(this.tx, this.campaign.id, { to: step.state, code, detail }, this.now);
    await audit.append(this.tx, {
      actor: { type: 'system', id: 'campaign-engine' },
      action: `campaign.${step.state}`,
      resource: `campaign:${this.campaign.id}`,
      before: { state: this.#state },
      after: { state: step.state, code, ...after },
    });
    this.#state = step.state;
    this.#letter('campaign.changed', { state: step.state });
  }

  async #judge(decision: Decision): Promise<string> {
    const sentence = await this.#record(decision);
    const verdict = { code: decision.code, sentence, grounds: groundsOf(decision) };
    await waveStore.judge(this.tx, this.campaign.id, decision.wave!, verdict, this.now);
    return sentence;
  }

  #record(decision: Decision): Promise<string> {
    return decisionStore.append(this.tx, this.campaign.id, decision, this.now);
  }

  #letter(type: string, more: object = {}): void {
    const campaignId = this.campaign.id;
    this.#out.letters.push({
      tenantId: this.tx.tenantId!,
      type,
      key: campaignId,
      payload: { campaignId, ...more },
    });
  }
}
