import { type Clock, pause } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Power } from '../ports/power.js';
import type { Random } from '../ports/random.js';
import type { Artifacts } from './artifact-shelf.js';
import { STILL_AT_IT_MS } from './execution-reports.js';
import { type Cause, isCancellable, isTerminal, type Update, worthKeeping } from './execution-state.js';
import type { Installer } from './installer.js';
import { type Conditions, type Deferral, judgeReadiness } from './judge-readiness.js';
import { type HealthReport, type ProbationTimes, watchProbation } from './probation.js';
import type { UpdateJournal } from './update-journal.js';

export interface StepPorts {
  clock: Clock;
  random: Random;
  log: Log;
  power: Power;
  installer: Installer;
  artifacts: Artifacts;
  conditions: () => Promise<Conditions>;
  /** An application on the device may ask for another time, or for none. */
  objection: Objector;
  health: (baseline: readonly string[]) => Promise<HealthReport>;
  /** Whether the artifact of the installed release stays, for deltas to start from. */
  keepsArtifact: () => boolean;
}

export type Objector = (
  update: Pick<Update, 'executionId' | 'manifest'>,
  about: 'offer' | 'install',
) => Promise<Objection | null>;

/** Refused for good, or for `retryAfterS`. */
export interface Objection extends Cause {
  retryAfterS?: number;
}

/** Does the work of an update, step by step, until it ends, this run of the agent ends, or somebody asks to stop. */
export class UpdateSteps {
  readonly #stopping = new AbortController();
  #recall = new AbortController();
  #working: Promise<void> | null = null;

  constructor(
    private readonly ports: StepPorts,
    private readonly journal: UpdateJournal,
    private readonly times: ProbationTimes,
  ) {}

  /** Goes on with the update there is, after whatever is still being cleared away of the one before. */
  work(): void {
    this.#recall = new AbortController();
    if (this.journal.update?.recalled) this.#recall.abort();
    const working = (this.#working ?? Promise.resolve())
      .then(() => this.#steps())
      .catch((error) => this.ports.log.warn('update stopped', { reason: String(error) }))
      .finally(() => {
        if (this.#working === working) this.#working = null;
      });
    this.#working = working;
  }

  /** Stops working without changing where the update stands. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  /**
   * Asks the update to end; durable when it resolves. Obeyed at the next edge between two steps, by what is written
   * down, so that neither a crash nor a step that ends at this very moment forgets it. `settled` resolves after that.
   */
  async recall(cause: Cause): Promise<{ settled: Promise<void> }> {
    await this.journal.amend({ recalled: cause });
    this.#recall.abort();
    if (!this.#working) this.work();
    return { settled: this.#working ?? Promise.resolve() };
  }

  async #steps(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { update } = this.journal;
      if (!update || isTerminal(update.step)) break;
      if (update.recalled && isCancellable(update.step)) await this.journal.enter('cancelled', update.recalled);
      else if (!(await this.#step(update))) return;
    }
    if (!this.#stopping.signal.aborted) await this.ports.artifacts.tidy(worthKeeping(this.journal.facts));
  }

  /** False when this run of the agent ends here. */
  async #step(update: Update): Promise<boolean> {
    const { installer, power } = this.ports;
    switch (update.step) {
      case 'accepted':
        return (await this.#isAtHand(update)) ? this.#readyToRestart(update) : this.journal.enter('downloading');
      case 'downloading':
        return this.#download(update);
      case 'downloaded':
        return this.#mayInstall(update);
      case 'installing':
        return this.#install(update);
      case 'waiting':
        return this.#wait(update);
      case 'activating':
        await installer.activate();
        power.restart('update');
        return false;
      case 'verifying':
        return this.#verify(update);
      case 'reverting':
        await installer.revert();
        power.restart('rollback');
        return false;
      default:
        return false;
    }
  }

  async #download(update: Update): Promise<boolean> {
    const { artifacts, clock } = this.ports;
    const late = new AbortController();
    const cancel = update.deadline === null ? () => {} : clock.after(this.#until(update.deadline), () => late.abort());
    const signal = AbortSignal.any([this.#stopping.signal, this.#recall.signal, late.signal]);
    const progress = this.journal.reports.progressOf(update);
    const outcome = await artifacts.fetch(update, this.journal.facts.kept, signal, progress).finally(cancel);
    if (outcome.ok) {
      const { bytes, note } = outcome;
      return this.journal.enter('downloaded', { bytes, ...(note !== undefined && { note }) });
    }
    if (this.#stopping.signal.aborted || this.#recall.signal.aborted) return true;
    if (late.signal.aborted) return this.#tooLate(update);
    if (outcome.code !== 'disk_full') return this.#fail(outcome.code, outcome.detail);
    return this.journal.enter('deferred', {
      reasonCode: 'disk_full',
      reasonDetail: outcome.detail,
      retryAfterS: DISK_RETRY_S,
    });
  }

  /** The last look before anything outside the download folder changes. */
  async #mayInstall(update: Update): Promise<boolean> {
    const { clock, conditions, objection } = this.ports;
    const now = clock.now();
    if (update.deadline !== null && new Date(update.deadline) <= now) return this.#tooLate(update);
    const facts = { ...(await conditions()), terms: update, neededBytes: 0, about: 'install' as const, now };
    const deferral = judgeReadiness(facts);
    if (deferral) return this.journal.enter('deferred', causeOf(deferral));
    const objected = await objection(update, 'install');
    if (!objected) return this.journal.enter('installing');
    return this.journal.enter(objected.retryAfterS === undefined ? 'rejected' : 'deferred', objected);
  }

  async #install(update: Update): Promise<boolean> {
    const { installer, artifacts, keepsArtifact } = this.ports;
    const { version, releaseId, rollbackIndex, artifact } = update.manifest;
    const path = artifacts.pathOf(artifact.sha256);
    const payload = { version, releaseId, rollbackIndex, sha256: artifact.sha256, path, name: artifact.name };
    const outcome = await installer.install(payload, this.journal.reports.progressOf(update));
    if (!outcome.ok) return this.#fail(outcome.code, outcome.detail);
    await this.#readyToRestart(update);
    const { kept } = this.journal.facts;
    if (!keepsArtifact()) await artifacts.tidy(kept === null ? [] : [kept]);
    return true;
  }

  /** Draws when to restart: within the jitter, and before the window closes and the offer ends. */
  #readyToRestart({ jitterS = 0, window, deadline }: Update): Promise<true> {
    const { clock, random } = this.ports;
    // The installation may have gone on for minutes since it was asked to stop; the edge before the switch is the last.
    const recalled = this.journal.update?.recalled;
    if (recalled) return this.journal.enter('cancelled', recalled);
    const ends = [window?.closesAt, deadline].flatMap((instant) => (instant ? [this.#until(instant)] : []));
    const waitMs = random() * Math.min(jitterS * 1000, ...ends);
    if (waitMs < 1) return this.journal.enter('activating');
    return this.journal.enter('waiting', { restartAt: new Date(clock.now().getTime() + waitMs).toISOString() });
  }

  async #wait(update: Update): Promise<boolean> {
    const { restartAt, jitterS = 0 } = update;
    const { clock } = this.ports;
    const signal = AbortSignal.any([this.#stopping.signal, this.#recall.signal]);
    // A clock that was set back must not turn a minute into a year.
    const until = clock.monotonic() + (restartAt === undefined ? 0 : Math.min(this.#until(restartAt), jitterS * 1000));
    for (let left = until - clock.monotonic(); left > 0 && !signal.aborted; left = until - clock.monotonic()) {
      await pause(clock, Math.min(left, STILL_AT_IT_MS), signal);
      if (left > STILL_AT_IT_MS && !signal.aborted) await this.journal.reports.entered(update);
    }
    return signal.aborted ? true : this.journal.enter('activating');
  }

  async #verify(update: Update): Promise<boolean> {
    const { clock, health, installer, artifacts, keepsArtifact } = this.ports;
    const outcome = await watchProbation(clock, () => health(update.baseline), this.times, this.#stopping.signal);
    if (!outcome) return false;
    if (!outcome.healthy)
      return this.journal.enter(
        'reverting',
        { reasonCode: outcome.code, reasonDetail: outcome.detail },
        outcome.checks,
      );
    await installer.confirm();
    const { executionId, manifest } = update;
    const { sha256, size } = manifest.artifact;
    const kept = keepsArtifact() && (await artifacts.sizeOf(sha256)) === size ? sha256 : null;
    const rollbackFloor = Math.max(this.journal.facts.rollbackFloor, manifest.rollbackIndex);
    const confirmed = { executionId, version: manifest.version, regressed: false };
    await this.journal.note({ rollbackFloor, confirmed, kept });
    return this.journal.enter('succeeded', {}, outcome.checks);
  }

  /** The other slot may still hold just this release: going back then needs no download. */
  async #isAtHand({ manifest }: Update): Promise<boolean> {
    const previous = await this.ports.installer.previous();
    return previous?.sha256 === manifest.artifact.sha256 && previous.version === manifest.version;
  }

  #until(instant: string): number {
    return Math.max(0, new Date(instant).getTime() - this.ports.clock.now().getTime());
  }

  #tooLate(update: Update): Promise<true> {
    return this.#fail('deadline_passed', `the offer ended ${update.deadline}`);
  }

  #fail(reasonCode: string, reasonDetail: string): Promise<true> {
    return this.journal.enter('failed', { reasonCode, reasonDetail });
  }
}

/** A download that filled the disk has shown what cannot be measured beforehand. */
const DISK_RETRY_S = 3_600;

export const causeOf = ({ code, detail, retryAfterS }: Deferral) => ({
  reasonCode: code,
  reasonDetail: detail,
  retryAfterS,
});
