import type { CampaignState, WaveState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { applyReport, askAgainAt } from '@muster/domain/campaigns/apply-report';
import { campaign } from '@muster/domain/campaigns/campaign.machine';
import { addCounters, partition, type StateCounts, total } from '@muster/domain/campaigns/count-executions';
import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { execution, holdsSlot, isLive } from '@muster/domain/campaigns/execution.machine';
import { groundsOf } from '@muster/domain/campaigns/judge-wave';
import type { TickDecision, TickFacts } from '@muster/domain/campaigns/tick-facts';
import { wave as waveMachine } from '@muster/domain/campaigns/wave.machine';
import type { SimulatedDevice } from './simulated-device.js';
import { checkPace, must, offeredLately, paceOf, type WorldPace } from './world-pace.js';

export const fates = ['good', 'fails', 'rejects', 'silent', 'stuck', 'reverts', 'absent'] as const;
export type Fate = (typeof fates)[number];

/** A world small enough to check completely: it applies decisions the way the store does. */
export class TickWorld {
  now = new Date('2026-01-01T00:00:00.000Z');
  state: CampaignState = 'preparing';
  waves: {
    n: number;
    state: WaveState;
    size: number;
    soakUntil: Date | null;
    judged: string | null;
    judgedAt?: Date;
    judgedOn?: string;
    opened: Date | null;
  }[];
  devices: SimulatedDevice[];
  log: TickDecision[] = [];

  constructor(
    readonly setup: {
      fates: Fate[];
      sizes: number[];
      concurrency: number;
      soakS: number;
      autoRollback: boolean;
      pace?: WorldPace;
    },
  ) {
    const { pace } = setup;
    let wave = 0;
    let left = 0;
    this.devices = setup.fates.map((fate, position) => {
      if (left === 0) left = setup.sizes[wave++] ?? Number.POSITIVE_INFINITY;
      left--;
      return {
        id: `e${String(position).padStart(3, '0')}`,
        fate,
        wave,
        position,
        state: 'queued',
        provisional: false,
        since: this.now,
        deadlineAt: null,
        stepDeadlineAt: null,
        soakUntil: null,
        lastSeenAt: null,
        version: '1',
        everOffered: 0,
        site: pace?.sites[position % pace.sites.length]?.site ?? '',
        deferrals: pace?.deferrals[position % pace.deferrals.length] ?? 0,
        notBefore: null,
      };
    });
    this.waves = Array.from({ length: wave }, (_, i) => ({
      n: i + 1,
      state: 'planned',
      size: this.devices.filter((d) => d.wave === i + 1).length,
      soakUntil: null,
      judged: null,
      opened: null,
    }));
  }

  counts(n: number): StateCounts {
    const counts: Record<string, number> = {};
    for (const d of this.devices) if (d.wave === n) counts[d.state] = (counts[d.state] ?? 0) + 1;
    return counts;
  }

  /** When offers were made, one entry for each device. */
  offers: Date[] = [];

  slots = (): number => this.devices.filter((d) => holdsSlot(d.state)).length;

  facts(): TickFacts {
    const limits = {
      maxFailureRate: 0.2,
      maxTimeoutRate: 0.2,
      minSuccessRate: 0.7,
      minSample: 3,
      minResolvedShare: 0.9,
      soakS: this.setup.soakS,
    };
    const isOpen = (n: number): boolean => ['open', 'soaking', 'passed'].includes(this.waves[n - 1]!.state);
    const due = (d: SimulatedDevice): boolean =>
      isLive(d.state) && [d.deadlineAt, d.stepDeadlineAt, d.soakUntil].some((at) => at !== null && at <= this.now);
    return {
      campaign: { state: this.state, kind: 'release', isRollback: false, releaseRevoked: false },
      plan: {
        concurrency: this.setup.concurrency,
        ratePerMinute: this.setup.pace?.ratePerMinute ?? null,
        ...(this.setup.pace?.windows && { windows: this.setup.pace.windows }),
        ...(this.setup.pace?.siteBudget && { siteBudget: this.setup.pace.siteBudget }),
        deadlineS: 600,
        stepTimeoutS: 120,
        autoRollback: this.setup.autoRollback,
      },
      waves: this.waves.map((w) => ({ ...w, limits, holdAfter: false, counts: this.counts(w.n), forgiven: {} })),
      timers: this.devices
        .filter(due)
        .map((d) => ({ ...d, executionId: d.id, wantedVersion: '2', reportedVersion: d.version, health: 'ok' })),
      candidates: this.devices
        .filter((d) => isOpen(d.wave) && ['queued', 'unreachable', 'deferred'].includes(d.state) && d.fate !== 'absent')
        .slice(0, this.setup.pace === undefined ? this.setup.concurrency : this.devices.length)
        .map((d) => ({
          ...d,
          executionId: d.id,
          wantedVersion: '2',
          reportedVersion: d.version,
          deferred: d.state === 'deferred',
        })),
      absent: this.devices
        .filter((d) => d.state === 'queued' && d.fate === 'absent' && isOpen(d.wave))
        .filter((d) => this.now.getTime() - this.waves[d.wave - 1]!.opened!.getTime() > 120_000)
        .map((d) => d.id),
      retryable: [],
      offeredLastMinute: offeredLately(this),
      ...(this.setup.pace && { pace: paceOf(this, this.setup.pace) }),
      returnable: this.devices.filter((d) => d.version === '2').length,
      rollback: null,
    };
  }

  #move(id: string, state: ExecutionState): void {
    const d = this.devices.find((it) => it.id === id)!;
    d.state = state;
    d.since = this.now;
    d.stepDeadlineAt = holdsSlot(state) ? new Date(this.now.getTime() + 120_000) : null;
    if (state === 'deferred') d.deadlineAt = null;
    d.soakUntil = state === 'soaking' ? new Date(this.now.getTime() + 30_000) : null;
  }

  #campaign(event: Parameters<typeof campaign.next>[1]): void {
    const step = campaign.next(this.state, event);
    if (step.kind === 'refused') throw new Error(`campaign ${this.state} refuses ${event}`);
    this.state = step.state;
  }

  #wave(n: number, event: Parameters<typeof waveMachine.next>[1]): void {
    const w = this.waves[n - 1]!;
    const step = waveMachine.next(w.state, event);
    if (step.kind === 'refused') throw new Error(`wave ${w.state} refuses ${event}`);
    w.state = step.state;
  }

  apply(d: TickDecision): void {
    this.log.push(d);
    switch (d.kind) {
      case 'start':
        this.#campaign('start');
        return;
      case 'settle':
        for (const id of d.executionIds) {
          const it = this.devices.find((x) => x.id === id)!;
          const step = execution.next(it.state, d.event);
          if (step.kind === 'refused') throw new Error(`execution ${it.state} refuses ${d.event}`);
          if (d.event === 'time_out' || d.event === 'doubt') it.provisional = !it.provisional;
          this.#move(id, step.state);
        }
        return;
      case 'record':
        Object.assign(this.waves[d.decision.wave! - 1]!, {
          judged: d.decision.code,
          judgedAt: this.now,
          judgedOn: groundsOf(d.decision),
        });
        return;
      case 'open_wave':
        this.#wave(d.wave, 'open');
        this.waves[d.wave - 1]!.opened = this.now;
        return;
      case 'soak':
        this.#wave(d.wave, 'soak');
        this.waves[d.wave - 1]!.soakUntil = d.until;
        return;
      case 'pass_wave':
        this.#wave(d.wave, 'pass');
        return;
      case 'empty_wave':
        this.#wave(d.wave, 'empty');
        return;
      case 'hold':
        this.#campaign('hold');
        return;
      case 'halt':
        this.#campaign('halt');
        if (d.wave !== null) this.#wave(d.wave, 'halt');
        return;
      case 'cancel':
        for (const it of this.devices) if (d.states.includes(it.state)) this.#move(it.id, 'cancelled');
        return;
      case 'offer':
        must(['running', 'held'].includes(this.state), `offers while ${this.state}`);
        for (const id of d.executionIds) {
          const it = this.devices.find((x) => x.id === id)!;
          must(
            ['open', 'soaking', 'passed'].includes(this.waves[it.wave - 1]!.state),
            `offers in wave ${it.wave}, not open`,
          );
          this.#move(id, 'offered');
          it.stepDeadlineAt = d.acceptBy;
          it.deadlineAt = d.deadlineAt;
          it.everOffered++;
          it.notBefore = null;
          this.offers.push(this.now);
        }
        checkPace(
          this,
          this.devices.filter((it) => d.executionIds.includes(it.id)),
        );
        must(this.slots() <= this.setup.concurrency, `${this.slots()} at once`);
        return;
      case 'start_rollback':
        this.#campaign('rollback');
        return;
      case 'finish':
        this.#campaign(d.event);
        return;
      case 'retry':
        throw new Error('nothing to retry here');
    }
  }

  /** Decides and applies until nothing is left to decide, as the tick does. */
  settle(): void {
    for (let i = 0; ; i++) {
      if (i > 200) throw new Error('the tick never comes to rest');
      const decisions = decideTick(this.facts(), this.now);
      if (decisions.length === 0) return;
      for (const d of decisions) this.apply(d);
      for (const w of this.waves) {
        const counts = this.counts(w.n);
        must(total(counts) === w.size, `wave ${w.n} counts ${total(counts)} of ${w.size}`);
        const parts = addCounters([partition(counts, w.state !== 'planned')]);
        must(Object.values(parts).reduce((a, b) => a + b) === w.size, `the parts of wave ${w.n} do not add up`);
      }
    }
  }

  /** One step of every busy device, according to its fate. */
  report(): void {
    const next: Partial<Record<ExecutionState, 'accepted' | 'downloading' | 'installing' | 'succeeded'>> = {
      offered: 'accepted',
      accepted: 'downloading',
      downloading: 'installing',
      installing: 'succeeded',
    };
    for (const d of this.devices) {
      if (d.fate === 'silent' && d.state === 'downloading') continue;
      if (d.fate !== 'absent') d.lastSeenAt = this.now;
      if (d.fate === 'stuck' && d.state === 'downloading') continue;
      if (d.fate === 'reverts' && d.state === 'soaking') d.version = '1';
      const state = next[d.state];
      if (state === undefined) continue;
      if (d.state === 'offered' && d.deferrals > 0) {
        d.deferrals--;
        this.#move(d.id, 'deferred');
        d.notBefore = askAgainAt(undefined, this.now);
        continue;
      }
      const said =
        d.fate === 'rejects' ? 'rejected' : d.fate === 'fails' && d.state === 'installing' ? 'failed' : state;
      if (said === 'succeeded') d.version = '2';
      const outcome = applyReport(
        { state: d.state, provisional: d.provisional, wantedVersion: '2' },
        { state: said, ...(said === 'succeeded' ? { firmwareVersion: d.version } : {}) },
      );
      if (outcome.kind !== 'moved') throw new Error(`${said} of a device that is ${d.state}: ${outcome.kind}`);
      this.#move(d.id, outcome.state);
    }
  }
}
