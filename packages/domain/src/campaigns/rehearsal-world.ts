import type { CampaignState, WaveState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { Agenda } from './agenda.js';
import { applyReport } from './apply-report.js';
import { type CampaignEvent, campaign as campaignMachine } from './campaign.machine.js';
import { slotsTaken } from './count-executions.js';
import { decideTick } from './decide-tick.js';
import { type ExecutionEvent, execution, holdsSlot, isLive } from './execution.machine.js';
import type { PlannedWave } from './plan-waves.js';
import type { CandidateFacts, Decision, TickDecision, TickFacts, TimerFacts } from './tick-facts.js';
import type { VirtualFleet } from './virtual-fleet.js';
import { type WaveEvent, wave as waveMachine } from './wave.machine.js';

/** Candidates handed to one decision; more only makes the steps longer. */
const BATCH = 5_000;
const NEW = 'new';
const OLD = 'old';
const MINUTE_MS = 60_000;
/** A campaign that is not through after this much virtual time is called unfinished. */
const LONGEST_MS = 90 * 86_400_000;

const ACCEPT = 0;
const OUTCOME = 1;
const TIMER = 2;
const ONLINE = 3;
const ABSENT = 4;
const KINDS = 8;

interface VirtualWave {
  readonly n: number;
  readonly size: number;
  state: WaveState;
  soakUntil: Date | null;
  judged: string | null;
  openedMs: number | null;
  passedMs: number | null;
  readonly counts: { [S in ExecutionState]?: number };
}

const opened: ReadonlySet<WaveState> = new Set(['open', 'soaking', 'passed']);

/**
 * One campaign played in virtual time. It asks `decideTick` what to do as the worker does, applies the answers as the
 * store does, and lets the devices answer through `applyReport`; nothing of the engine is written a second time.
 */
export class RehearsalWorld {
  state: CampaignState = 'preparing';
  nowMs: number;
  readonly waves: VirtualWave[];
  readonly curve: [seconds: number, updated: number][] = [];
  updatedDevices = 0;
  /** FNV-1a over every decision and its time: two runs that agree here did the same things. */
  hash = 0x811c9dc5;
  /** Why it halted. */
  halted: Decision | null = null;
  readonly #startMs: number;
  readonly #agenda = new Agenda();
  readonly #ready: number[] = [];
  #readyAt = 0;
  /** Devices before this position have been looked at; their waves are open. */
  #scanned = 0;
  readonly #due = new Set<number>();
  readonly #absent = new Set<number>();
  readonly #retryable = new Set<number>();
  readonly #attempts: Uint8Array;
  readonly #offers: [atMs: number, n: number][] = [];

  constructor(
    private readonly plan: CampaignPlan,
    private readonly fleet: VirtualFleet,
    planned: readonly PlannedWave[],
    startMs: number,
  ) {
    this.#startMs = startMs;
    this.nowMs = startMs;
    this.#attempts = new Uint8Array(fleet.state.length);
    this.waves = planned.map(({ n, size }) => ({
      n,
      size,
      state: 'planned',
      soakUntil: null,
      judged: null,
      openedMs: null,
      passedMs: null,
      counts: { queued: size },
    }));
    let from = 0;
    for (const { n, cumulative } of planned) {
      fleet.wave.fill(n, from, cumulative);
      from = cumulative;
    }
  }

  /** Plays one visited second; false when the campaign is over, halted, or has nothing left to wait for. */
  step(): boolean {
    for (const entry of this.#agenda.take(this.nowMs)) this.#happen(Math.floor(entry / KINDS), entry % KINDS);
    this.#settle();
    if (this.state === 'held') {
      this.#campaign('resume');
      this.#settle();
    }
    if (this.state !== 'running') return false;
    const next = this.#nextMs();
    if (next === Number.POSITIVE_INFINITY || next - this.#startMs > LONGEST_MS) return false;
    this.nowMs = Math.max(next, this.nowMs + 1000);
    return true;
  }

  elapsedS = (ms: number = this.nowMs): number => Math.round((ms - this.#startMs) / 1000);

  #settle(): void {
    for (;;) {
      if (this.state === 'halted' || this.state === 'rolling_back') return;
      const decisions = decideTick(this.#facts(), new Date(this.nowMs));
      if (decisions.length === 0) return;
      for (const decision of decisions) this.#apply(decision);
    }
  }

  #nextMs(): number {
    const soaks = this.waves.map((w) => (w.state === 'soaking' ? (w.soakUntil?.getTime() ?? this.nowMs) : Infinity));
    const paced =
      this.plan.ratePerMinute !== null && this.#waiting() ? (this.#offers[0]?.[0] ?? 0) + MINUTE_MS : Infinity;
    return Math.min(this.#agenda.next(), paced, ...soaks);
  }

  #waiting = (): boolean => this.#readyAt < this.#ready.length;

  #facts(): TickFacts {
    const { plan, fleet, nowMs } = this;
    const free = plan.concurrency - this.waves.reduce((sum, wave) => sum + slotsTaken(wave.counts), 0);
    while (this.#offers.length > 0 && this.#offers[0]![0] <= nowMs - MINUTE_MS) this.#offers.shift();
    return {
      campaign: { state: this.state, kind: 'release', isRollback: false, releaseRevoked: false },
      plan,
      waves: this.waves.map((wave) => {
        const { health: _, maxInstallS: __, ...limits } = plan.waves[wave.n - 1]?.gate ?? plan.gate;
        return {
          ...wave,
          limits,
          holdAfter: plan.waves[wave.n - 1]?.holdAfter ?? false,
          forgiven: {},
        };
      }),
      timers: [...this.#due].map((i) => this.#timer(i)),
      candidates: this.#candidates(Math.min(Math.max(free, 0), BATCH)),
      absent: [...this.#absent].map((i) => fleet.ids[i]!),
      retryable: [...this.#retryable].map((i) => fleet.ids[i]!),
      offeredLastMinute: this.#offers.reduce((sum, [, n]) => sum + n, 0),
      returnable: 0,
      rollback: null,
    };
  }

  #candidates(most: number): CandidateFacts[] {
    const { fleet, nowMs } = this;
    const found: CandidateFacts[] = [];
    const kept: number[] = [];
    while (found.length < most) {
      if (!this.#waiting() && !this.#scan(most)) break;
      const i = this.#ready[this.#readyAt++]!;
      const state = fleet.state[i]!;
      if (state !== 'queued' && state !== 'unreachable') continue;
      if (!fleet.isOnline(i, nowMs)) {
        this.#agenda.put(fleet.changesAt(i), i * KINDS + ONLINE);
        continue;
      }
      kept.push(i);
      found.push({
        executionId: fleet.ids[i]!,
        wave: fleet.wave[i]!,
        position: i,
        wantedVersion: NEW,
        reportedVersion: OLD,
      });
    }
    // Not all of them may be taken (the pace): those stay at the head of the line.
    if (this.#readyAt > 100_000) {
      this.#ready.splice(0, this.#readyAt);
      this.#readyAt = 0;
    }
    for (let k = kept.length - 1; k >= 0; k--) {
      if (this.#readyAt > 0) this.#ready[--this.#readyAt] = kept[k]!;
      else this.#ready.unshift(kept[k]!);
    }
    return found;
  }

  /** Looks at the next devices of opened waves: those that are there get in line, the others when they come. */
  #scan(most: number): boolean {
    const { fleet, nowMs, plan } = this;
    const before = this.#ready.length;
    for (; this.#scanned < fleet.state.length && this.#ready.length - before < most; this.#scanned++) {
      const i = this.#scanned;
      const wave = this.waves[fleet.wave[i]! - 1]!;
      if (!opened.has(wave.state)) break;
      if (fleet.isOnline(i, nowMs)) this.#ready.push(i);
      else {
        this.#agenda.put(fleet.changesAt(i), i * KINDS + ONLINE);
        this.#agenda.put(nowMs + plan.stepTimeoutS * 1000, i * KINDS + ABSENT);
      }
    }
    return this.#ready.length > before;
  }

  #timer(i: number): TimerFacts {
    const { fleet, nowMs } = this;
    const at = (ms: number): Date | null => (ms === Number.POSITIVE_INFINITY ? null : new Date(ms));
    const state = fleet.state[i]!;
    const heard = fleet.isOnline(i, nowMs) ? nowMs : state === 'offered' ? null : fleet.since[i]! + 1;
    return {
      executionId: fleet.ids[i]!,
      state,
      since: new Date(fleet.since[i]!),
      deadlineAt: at(fleet.deadline[i]!),
      stepDeadlineAt: at(fleet.stepDeadline[i]!),
      soakUntil: at(fleet.soakUntil[i]!),
      lastSeenAt: heard === null ? null : new Date(heard),
      wantedVersion: NEW,
      reportedVersion: fleet.updated[i] === 1 ? NEW : OLD,
      health: 'ok',
    };
  }

  #happen(i: number, kind: number): void {
    const { fleet, nowMs } = this;
    const state = fleet.state[i]!;
    if (kind === ONLINE) {
      if (state === 'queued' || state === 'unreachable') this.#ready.push(i);
      return;
    }
    if (kind === ABSENT) {
      if (state === 'queued' && !fleet.isOnline(i, nowMs)) this.#absent.add(i);
      return;
    }
    if (!isLive(state)) return;
    if (kind === TIMER) {
      this.#due.add(i);
      return;
    }
    if (!fleet.isOnline(i, nowMs)) {
      // Away in the middle of it: it goes on when it is back, if the server's patience lasts as long.
      if (kind === OUTCOME) fleet.stepDeadline[i] = nowMs + this.plan.stepTimeoutS * 1000;
      const back = fleet.changesAt(i);
      this.#agenda.put(back, i * KINDS + kind);
      if (back >= Math.min(fleet.stepDeadline[i]!, fleet.deadline[i]!))
        this.#agenda.put(Math.min(fleet.stepDeadline[i]!, fleet.deadline[i]!), i * KINDS + TIMER);
      return;
    }
    if (kind === ACCEPT) {
      this.#report(i, { state: 'accepted' });
      const done = nowMs + fleet.installMs(i);
      this.#agenda.put(done, i * KINDS + OUTCOME);
      if (done >= fleet.deadline[i]!) this.#agenda.put(fleet.deadline[i]!, i * KINDS + TIMER);
      return;
    }
    if (fleet.fails(i)) return this.#report(i, { state: 'failed', reasonCode: 'health_check_failed' });
    if (fleet.updated[i] === 0) {
      fleet.updated[i] = 1;
      this.updatedDevices++;
    }
    this.#report(i, { state: 'succeeded', firmwareVersion: NEW });
  }

  #report(i: number, report: Parameters<typeof applyReport>[1]): void {
    const { fleet } = this;
    const current = { state: fleet.state[i]!, provisional: fleet.provisional[i] === 1, wantedVersion: NEW };
    const outcome = applyReport(current, report);
    if (outcome.kind === 'moved') this.#move(i, outcome.state);
  }

  #move(i: number, to: ExecutionState): void {
    const { fleet, nowMs, plan } = this;
    const { counts } = this.waves[fleet.wave[i]! - 1]!;
    const from = fleet.state[i]!;
    counts[from] = counts[from]! - 1;
    counts[to] = (counts[to] ?? 0) + 1;
    fleet.state[i] = to;
    fleet.since[i] = nowMs;
    fleet.stepDeadline[i] = holdsSlot(to) ? nowMs + plan.stepTimeoutS * 1000 : Number.POSITIVE_INFINITY;
    fleet.soakUntil[i] = Number.POSITIVE_INFINITY;
    this.#due.delete(i);
    this.#absent.delete(i);
    if (to === 'soaking') {
      fleet.soakUntil[i] = nowMs + plan.deviceSoakS * 1000;
      this.#agenda.put(fleet.soakUntil[i]!, i * KINDS + TIMER);
    }
    if ((to === 'failed' || to === 'timed_out' || to === 'in_doubt') && this.#attempts[i]! < plan.retries)
      this.#retryable.add(i);
  }

  #apply(decision: TickDecision): void {
    this.#note(decision);
    switch (decision.kind) {
      case 'start':
        return this.#campaign('start');
      case 'settle':
        for (const id of decision.executionIds) this.#execution(this.fleet.indexOf(id), decision.event);
        return;
      case 'retry':
        for (const id of decision.executionIds) {
          const i = this.fleet.indexOf(id);
          this.#attempts[i] = this.#attempts[i]! + 1;
          this.#retryable.delete(i);
          this.fleet.provisional[i] = 0;
          this.#move(i, 'queued');
          this.#ready.push(i);
        }
        return;
      case 'record':
        this.waves[decision.decision.wave! - 1]!.judged = decision.decision.code;
        return;
      case 'open_wave':
        this.#wave(decision.wave, 'open').openedMs = this.nowMs;
        return;
      case 'soak':
        this.#wave(decision.wave, 'soak').soakUntil = decision.until;
        return;
      case 'pass_wave':
        this.#wave(decision.wave, 'pass').passedMs = this.nowMs;
        return;
      case 'empty_wave':
        this.#wave(decision.wave, 'empty');
        return;
      case 'hold':
        return this.#campaign('hold');
      case 'halt':
        if (decision.wave !== null) this.#wave(decision.wave, 'halt');
        this.halted = decision.decision;
        return this.#campaign('halt');
      case 'offer':
        return this.#offer(decision.executionIds, decision.acceptBy.getTime(), decision.deadlineAt.getTime());
      case 'finish':
        return this.#campaign(decision.event);
      default:
        // Recalling and returning come after the end of what is rehearsed.
        return;
    }
  }

  #offer(ids: readonly string[], acceptByMs: number, deadlineMs: number): void {
    const { fleet, nowMs } = this;
    for (const id of ids) {
      const i = fleet.indexOf(id);
      this.#move(i, 'offered');
      fleet.stepDeadline[i] = acceptByMs;
      fleet.deadline[i] = deadlineMs;
      this.#agenda.put(nowMs + 1000, i * KINDS + ACCEPT);
    }
    this.#offers.push([nowMs, ids.length]);
    const last = this.curve.at(-1);
    const at = this.elapsedS();
    if (last?.[0] === at) last[1] = this.updatedDevices;
    else this.curve.push([at, this.updatedDevices]);
  }

  #execution(i: number, event: ExecutionEvent): void {
    const step = execution.next(this.fleet.state[i]!, event);
    if (step.kind === 'refused') throw new Error(`execution ${step.state} refuses ${event}`);
    if (event === 'time_out' || event === 'doubt') this.fleet.provisional[i] = 1 - this.fleet.provisional[i]!;
    this.#move(i, step.state);
    if (step.state === 'queued' || step.state === 'unreachable')
      this.#agenda.put(
        this.fleet.isOnline(i, this.nowMs) ? this.nowMs + 1000 : this.fleet.changesAt(i),
        i * KINDS + ONLINE,
      );
  }

  #wave(n: number, event: WaveEvent): VirtualWave {
    const wave = this.waves[n - 1]!;
    const step = waveMachine.next(wave.state, event);
    if (step.kind === 'refused') throw new Error(`wave ${wave.state} refuses ${event}`);
    wave.state = step.state;
    return wave;
  }

  #campaign(event: CampaignEvent): void {
    const step = campaignMachine.next(this.state, event);
    if (step.kind === 'refused') throw new Error(`campaign ${this.state} refuses ${event}`);
    this.state = step.state;
  }

  #note(decision: TickDecision): void {
    const size = 'executionIds' in decision ? decision.executionIds.length : 0;
    const first = 'executionIds' in decision ? (decision.executionIds[0] ?? '') : '';
    for (const unit of `${this.nowMs} ${decision.kind} ${size} ${first}`)
      this.hash = Math.imul(this.hash ^ unit.charCodeAt(0), 0x01000193) >>> 0;
  }
}
