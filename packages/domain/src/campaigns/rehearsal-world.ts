import type { CampaignState, WaveState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { type CampaignEvent, campaign as campaignMachine } from './campaign.machine.js';
import { slotsTaken } from './count-executions.js';
import { decideTick } from './decide-tick.js';
import { DeviceLives } from './device-lives.js';
import type { PlannedWave } from './plan-waves.js';
import type { Decision, TickDecision, TickFacts } from './tick-facts.js';
import type { VirtualFleet } from './virtual-fleet.js';
import { type WaveEvent, wave as waveMachine } from './wave.machine.js';

/** Candidates handed to one decision; more only makes the steps longer. */
const BATCH = 5_000;
const MINUTE_MS = 60_000;
/** A campaign that is not through after this much virtual time is called unfinished. */
const LONGEST_MS = 90 * 86_400_000;

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
  readonly waves: VirtualWave[];
  readonly curve: [seconds: number, updated: number][] = [];
  /** FNV-1a over every decision and its time: two runs that agree here did the same things. */
  hash = 0x811c9dc5;
  /** Why it halted. */
  halted: Decision | null = null;
  readonly #startMs: number;
  readonly #unwindowed: CampaignPlan;
  readonly #lives: DeviceLives;
  /** So many devices more make a step that can be seen. */
  readonly #visible: number;
  readonly #offers: [atMs: number, n: number][] = [];

  constructor(
    private readonly plan: CampaignPlan,
    fleet: VirtualFleet,
    planned: readonly PlannedWave[],
    startMs: number,
  ) {
    this.#startMs = startMs;
    this.#visible = Math.max(1, fleet.state.length / 200);
    this.#unwindowed = { ...plan, windows: [] };
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
    this.#lives = new DeviceLives(plan, fleet, (n, left, entered) => this.#count(n, left, entered), startMs);
  }

  get nowMs(): number {
    return this.#lives.nowMs;
  }

  get updatedDevices(): number {
    return this.#lives.updated;
  }

  /** Plays one visited second; false when the campaign is over, halted, or has nothing left to wait for. */
  step(): boolean {
    this.#lives.happen();
    this.#settle();
    if (this.state === 'held') {
      this.#campaign('resume');
      this.#settle();
    }
    this.#draw();
    if (this.state !== 'running') return false;
    const next = this.#nextMs();
    if (next === Number.POSITIVE_INFINITY || next - this.#startMs > LONGEST_MS) return false;
    this.#lives.nowMs = Math.max(next, this.nowMs + 1000);
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
      this.plan.ratePerMinute !== null && this.#lives.lines.isWaiting()
        ? (this.#offers[0]?.[0] ?? 0) + MINUTE_MS
        : Infinity;
    return Math.min(this.#lives.agenda.next(), paced, this.#lives.lines.nextOpening(this.nowMs), ...soaks);
  }

  #facts(): TickFacts {
    const { plan, nowMs } = this;
    const lives = this.#lives;
    const isOpened = (n: number): boolean => opened.has(this.waves[n - 1]!.state);
    const free = plan.concurrency - this.waves.reduce((sum, wave) => sum + slotsTaken(wave.counts), 0);
    while (this.#offers.length > 0 && this.#offers[0]![0] <= nowMs - MINUTE_MS) this.#offers.shift();
    const pace = lives.lines.pace(nowMs);
    return {
      campaign: { state: this.state, kind: 'release', isRollback: false, releaseRevoked: false },
      // Windows are kept by the lines, which remember when each zone opens.
      plan: this.#unwindowed,
      waves: this.waves.map((wave) => {
        const { health: _, maxInstallS: __, ...limits } = plan.waves[wave.n - 1]?.gate ?? plan.gate;
        return {
          ...wave,
          limits,
          holdAfter: plan.waves[wave.n - 1]?.holdAfter ?? false,
          forgiven: {},
        };
      }),
      timers: lives.timers(),
      candidates: lives.candidates(Math.min(Math.max(free, 0), BATCH), isOpened),
      absent: lives.absent(),
      retryable: lives.retryable(),
      offeredLastMinute: this.#offers.reduce((sum, [, n]) => sum + n, 0),
      returnable: 0,
      rollback: null,
      ...(pace !== undefined && { pace }),
    };
  }

  #apply(decision: TickDecision): void {
    this.#note(decision);
    switch (decision.kind) {
      case 'start':
        return this.#campaign('start');
      case 'settle':
        return this.#lives.settle(decision.executionIds, decision.event);
      case 'retry':
        return this.#lives.retry(decision.executionIds);
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
        this.#lives.offer(decision.executionIds, decision.acceptBy.getTime(), decision.deadlineAt.getTime());
        this.#offers.push([this.nowMs, decision.executionIds.length]);
        return;
      case 'finish':
        return this.#campaign(decision.event);
      default:
        // Recalling and returning come after the end of what is rehearsed.
        return;
    }
  }

  /** A point of the curve, when it would show. */
  #draw(): void {
    const last = this.curve.at(-1);
    if (last !== undefined && this.updatedDevices - last[1] < this.#visible && this.state === 'running') return;
    const at = this.elapsedS();
    if (last?.[0] === at) last[1] = this.updatedDevices;
    else this.curve.push([at, this.updatedDevices]);
  }

  #count(n: number, from: ExecutionState, to: ExecutionState): void {
    const { counts } = this.waves[n - 1]!;
    counts[from] = counts[from]! - 1;
    counts[to] = (counts[to] ?? 0) + 1;
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
