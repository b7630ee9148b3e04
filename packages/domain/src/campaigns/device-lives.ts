import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { Agenda } from './agenda.js';
import { applyReport } from './apply-report.js';
import { type ExecutionEvent, execution, holdsSlot, isLive } from './execution.machine.js';
import { SiteLines } from './site-lines.js';
import type { CandidateFacts, TimerFacts } from './tick-facts.js';
import type { VirtualFleet } from './virtual-fleet.js';

const NEW = 'new';
const OLD = 'old';

// What the agenda holds: a device and one of these, as one number.
const ACCEPT = 0;
const OUTCOME = 1;
const TIMER = 2;
const ONLINE = 3;
const ABSENT = 4;
const KINDS = 8;

/** Told of every change of a device's state, before the next one happens. */
export type OnMove = (wave: number, from: ExecutionState, to: ExecutionState) => void;

/** What the devices of a rehearsal do: come and go, take offers, report, and miss deadlines. */
export class DeviceLives {
  nowMs: number;
  updated = 0;
  readonly agenda = new Agenda();
  readonly lines: SiteLines;
  /** Devices before this position have been looked at; their waves are open. */
  #scanned = 0;
  readonly #due = new Set<number>();
  readonly #absent = new Set<number>();
  readonly #retryable = new Set<number>();
  readonly #attempts: Uint8Array;

  constructor(
    private readonly plan: CampaignPlan,
    private readonly fleet: VirtualFleet,
    private readonly onMove: OnMove,
    startMs: number,
  ) {
    this.nowMs = startMs;
    this.#attempts = new Uint8Array(fleet.state.length);
    this.lines = new SiteLines(plan, fleet.devices);
  }

  /** Lets everything happen that is due. */
  happen(): void {
    for (const entry of this.agenda.take(this.nowMs)) this.#happen(Math.floor(entry / KINDS), entry % KINDS);
  }

  timers = (): TimerFacts[] => [...this.#due].map((i) => this.#timer(i));
  absent = (): string[] => [...this.#absent].map((i) => this.fleet.ids[i]!);
  retryable = (): string[] => [...this.#retryable].map((i) => this.fleet.ids[i]!);

  settle(ids: readonly string[], event: ExecutionEvent): void {
    for (const id of ids) this.#execution(this.fleet.indexOf(id), event);
  }

  retry(ids: readonly string[]): void {
    for (const id of ids) {
      const i = this.fleet.indexOf(id);
      this.#attempts[i] = this.#attempts[i]! + 1;
      this.#retryable.delete(i);
      this.fleet.provisional[i] = 0;
      this.#move(i, 'queued');
      this.lines.push(i);
    }
  }

  offer(ids: readonly string[], acceptByMs: number, deadlineMs: number): void {
    const { fleet, nowMs } = this;
    for (const id of ids) {
      const i = fleet.indexOf(id);
      this.#move(i, 'offered');
      fleet.stepDeadline[i] = acceptByMs;
      fleet.deadline[i] = deadlineMs;
      this.agenda.put(nowMs + 1000, i * KINDS + ACCEPT);
    }
  }

  /** Up to `most` devices of opened waves that may be offered now. */
  candidates(most: number, isOpened: (wave: number) => boolean): CandidateFacts[] {
    const { fleet, nowMs } = this;
    const isReady = (i: number): boolean => {
      const state = fleet.state[i]!;
      if (state !== 'queued' && state !== 'unreachable') return false;
      if (fleet.isOnline(i, nowMs)) return true;
      this.agenda.put(fleet.changesAt(i), i * KINDS + ONLINE);
      return false;
    };
    if (most === 0) return [];
    let found = this.lines.pick(most, nowMs, isReady);
    while (found.length < most && this.#scan(most, isOpened)) found = this.lines.pick(most, nowMs, isReady);
    return found.map((i) => ({
      executionId: fleet.ids[i]!,
      wave: fleet.wave[i]!,
      position: i,
      wantedVersion: NEW,
      reportedVersion: OLD,
      site: this.lines.siteOf(i),
    }));
  }

  /** Looks at the next devices of opened waves: those that are there get in line, the others when they come. */
  #scan(most: number, isOpened: (wave: number) => boolean): boolean {
    const { fleet, nowMs, plan } = this;
    const before = this.#scanned;
    for (; this.#scanned < fleet.state.length && this.#scanned - before < most; this.#scanned++) {
      const i = this.#scanned;
      if (!isOpened(fleet.wave[i]!)) break;
      if (fleet.isOnline(i, nowMs)) this.lines.push(i);
      else {
        this.agenda.put(fleet.changesAt(i), i * KINDS + ONLINE);
        this.agenda.put(nowMs + plan.stepTimeoutS * 1000, i * KINDS + ABSENT);
      }
    }
    return this.#scanned > before;
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
      if (state === 'queued' || state === 'unreachable') this.lines.push(i);
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
      this.agenda.put(back, i * KINDS + kind);
      if (back >= Math.min(fleet.stepDeadline[i]!, fleet.deadline[i]!))
        this.agenda.put(Math.min(fleet.stepDeadline[i]!, fleet.deadline[i]!), i * KINDS + TIMER);
      return;
    }
    if (kind === ACCEPT) {
      this.#report(i, { state: 'accepted' });
      const done = nowMs + fleet.installMs(i);
      this.agenda.put(done, i * KINDS + OUTCOME);
      if (done >= fleet.deadline[i]!) this.agenda.put(fleet.deadline[i]!, i * KINDS + TIMER);
      return;
    }
    if (fleet.fails(i)) return this.#report(i, { state: 'failed', reasonCode: 'health_check_failed' });
    if (fleet.updated[i] === 0) {
      fleet.updated[i] = 1;
      this.updated++;
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
    const from = fleet.state[i]!;
    this.onMove(fleet.wave[i]!, from, to);
    if (holdsSlot(to) !== holdsSlot(from)) this.lines.load(i, holdsSlot(to) ? 1 : -1);
    fleet.state[i] = to;
    fleet.since[i] = nowMs;
    fleet.stepDeadline[i] = holdsSlot(to) ? nowMs + plan.stepTimeoutS * 1000 : Number.POSITIVE_INFINITY;
    fleet.soakUntil[i] = Number.POSITIVE_INFINITY;
    this.#due.delete(i);
    this.#absent.delete(i);
    if (to === 'soaking') {
      fleet.soakUntil[i] = nowMs + plan.deviceSoakS * 1000;
      this.agenda.put(fleet.soakUntil[i]!, i * KINDS + TIMER);
    }
    if ((to === 'failed' || to === 'timed_out' || to === 'in_doubt') && this.#attempts[i]! < plan.retries)
      this.#retryable.add(i);
  }

  #execution(i: number, event: ExecutionEvent): void {
    const step = execution.next(this.fleet.state[i]!, event);
    if (step.kind === 'refused') throw new Error(`execution ${step.state} refuses ${event}`);
    if (event === 'time_out' || event === 'doubt') this.fleet.provisional[i] = 1 - this.fleet.provisional[i]!;
    this.#move(i, step.state);
    if (step.state === 'queued' || step.state === 'unreachable')
      this.agenda.put(
        this.fleet.isOnline(i, this.nowMs) ? this.nowMs + 1000 : this.fleet.changesAt(i),
        i * KINDS + ONLINE,
      );
  }
}
