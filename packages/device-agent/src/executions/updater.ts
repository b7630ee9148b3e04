import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import type { Manifest } from '@muster/contracts/releases/releases.schema';
import type { Verified } from '@muster/pki/signing/compact';
import type { Clock } from '../ports/clock.js';
import type { Document } from '../ports/document.js';
import type { Log } from '../ports/log.js';
import type { Power } from '../ports/power.js';
import type { DownloadOutcome } from './download.js';
import { type ExecutionReportBody, ExecutionReports } from './execution-reports.js';
import { type ExecutionsState, isRecallable, isTerminal, type Update } from './execution-state.js';
import type { Installed, Installer } from './installer.js';
import { judgeBoot } from './judge-boot.js';
import { judgeOffer } from './judge-offer.js';
import { type HealthReport, type ProbationTimes, watchProbation } from './probation.js';

export interface UpdaterPorts {
  clock: Clock;
  log: Log;
  power: Power;
  installer: Installer;
  state: Document<ExecutionsState>;
  verify: (jws: string) => Promise<Verified<Manifest>>;
  download: (update: Update, signal: AbortSignal, progress: (percent: number) => void) => Promise<DownloadOutcome>;
  /** Where the artifact of an update lies below the state folder. */
  artifactAt: (manifest: Manifest) => string;
  discard: (path: string) => Promise<void>;
  /** Resolves when durable; told to the server until it acknowledges. */
  report: (body: ExecutionReportBody) => Promise<unknown>;
  health: (baseline: readonly string[]) => Promise<HealthReport>;
  /** Sources that are up right now. */
  sourcesUp: () => string[];
}

/**
 * Takes one update at a time from offer to outcome. A step is on disk before its work begins; after a crash the next run
 * looks at the disk, not at memory, and goes on or goes back.
 */
export class Updater {
  #stopping = new AbortController();
  #cancelWork = new AbortController();
  #tail: Promise<unknown> = Promise.resolve();
  #working: Promise<void> | null = null;
  readonly #reports: ExecutionReports;

  constructor(
    private readonly ports: UpdaterPorts,
    private readonly model: string,
    private readonly times: ProbationTimes,
  ) {
    this.#reports = new ExecutionReports(ports.report, ports.installer, ports.power.bootId);
  }

  get #update(): Update | null {
    return this.ports.state.value.update;
  }

  /** Picks up what the last run left. Call once, after the link may be used. */
  async recover(): Promise<void> {
    const installed = await this.ports.installer.current();
    const update = this.#update;
    if (update && !isTerminal(update.step)) {
      const endedTrial = await this.ports.installer.endedTrial();
      const settled = judgeBoot({ update, installed, endedTrial });
      if (settled !== update) await this.#enter(settled);
      this.#work();
    } else {
      await this.#noticeRegression(installed);
    }
  }

  receive(order: ExecutionOrder): Promise<void> {
    const turn = this.#tail.then(() => (order.action === 'cancel' ? this.#cancel(order) : this.#consider(order)));
    this.#tail = turn.catch((error) =>
      this.ports.log.warn('update order failed inside the agent', { reason: String(error) }),
    );
    return turn;
  }

  /** Stops working without changing where the update stands. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cancelWork.abort();
    await this.#working;
  }

  async #consider(order: ExecutionOrder): Promise<void> {
    const { executionId } = order;
    const update = this.#update;
    if (update?.executionId === executionId) return this.#reports.entered(update);
    if (update && !isTerminal(update.step)) {
      if (!isRecallable(update.step)) return this.#keepWaiting(order);
      await this.#drop(update, 'superseded', 'a newer update was offered');
    }
    const verified = order.manifest === undefined ? null : await this.ports.verify(order.manifest);
    if (order.kind !== 'release' || !verified)
      return this.#reports.refused(executionId, 'offer_incomplete', 'an offer needs a manifest of a release');
    if (!verified.ok)
      return this.#reports.refused(
        executionId,
        `manifest_${verified.fault}`,
        'the manifest is not signed for this device',
      );
    await this.#answer(order, verified.claims);
  }

  async #answer(order: ExecutionOrder, manifest: Manifest): Promise<void> {
    const { installer, clock, state } = this.ports;
    const { executionId, campaignId, rollback } = order;
    const installed = await installer.current();
    const deadline = order.deadline ? new Date(order.deadline) : null;
    const { rollbackFloor } = state.value;
    const verdict = judgeOffer({ manifest, model: this.model, installed, rollbackFloor, deadline, now: clock.now() });
    if (verdict.kind === 'reject') return this.#reports.refused(executionId, verdict.code, verdict.detail);
    if (verdict.kind === 'satisfied') {
      await state.set({ ...state.value, confirmed: { executionId, version: installed.version, regressed: false } });
      return this.#reports.satisfied(executionId);
    }
    await this.#enter({
      executionId,
      campaignId,
      rollback,
      manifest,
      artifactPath: order.artifactPath ?? `/device/v1/artifacts/${manifest.artifact.id}`,
      deadline: order.deadline ?? null,
      step: 'accepted',
      previousVersion: installed.version,
      starts: 0,
      baseline: this.ports.sourcesUp(),
    });
    this.#cancelWork = new AbortController();
    this.#work();
  }

  async #cancel(order: ExecutionOrder): Promise<void> {
    const { state } = this.ports;
    if (state.value.waiting?.executionId === order.executionId) {
      await state.set({ ...state.value, waiting: null });
      return this.#reports.cancelled(order.executionId);
    }
    const update = this.#update;
    if (update?.executionId !== order.executionId) return;
    if (isRecallable(update.step)) await this.#drop(update, 'cancelled', 'cancelled by the server');
    else await this.#reports.entered(update);
  }

  async #drop(update: Update, reasonCode: string, reasonDetail: string): Promise<void> {
    this.#cancelWork.abort();
    await this.#working;
    const latest = this.#update;
    // The work may have passed the point of no return while it was being asked to stop.
    if (latest?.executionId !== update.executionId || !isRecallable(latest.step)) return;
    await this.#enter({ ...latest, step: 'cancelled', reasonCode, reasonDetail });
  }

  async #keepWaiting(order: ExecutionOrder): Promise<void> {
    await this.ports.state.set({ ...this.ports.state.value, waiting: order });
    await this.#reports.deferred(order.executionId, 'updating', 'another update is being installed');
  }

  async #noticeRegression(installed: Installed): Promise<void> {
    const { state } = this.ports;
    const { confirmed } = state.value;
    if (!confirmed || confirmed.regressed || confirmed.version === installed.version) return;
    await state.set({ ...state.value, confirmed: { ...confirmed, regressed: true } });
    const detail = `runs ${installed.version} after ${confirmed.version} was confirmed`;
    await this.#reports.regressed(confirmed.executionId, detail);
  }

  #work(): void {
    this.#working ??= this.#steps()
      .catch((error) => this.ports.log.warn('update stopped', { reason: String(error) }))
      .finally(() => {
        this.#working = null;
        void this.#takeWaiting();
      });
  }

  async #takeWaiting(): Promise<void> {
    const { state } = this.ports;
    const { waiting, update } = state.value;
    if (!waiting || this.#stopping.signal.aborted || (update && !isTerminal(update.step))) return;
    await state.set({ ...state.value, waiting: null });
    await this.receive(waiting);
  }

  async #steps(): Promise<void> {
    while (
      this.#update &&
      !isTerminal(this.#update.step) &&
      !this.#stopping.signal.aborted &&
      !this.#cancelWork.signal.aborted
    ) {
      const update = this.#update;
      if (!(await this.#step(update))) return;
    }
  }

  /** Does the work of the step the update is in. False when this run of the agent ends here. */
  async #step(update: Update): Promise<boolean> {
    const { installer, power } = this.ports;
    switch (update.step) {
      case 'accepted':
        return this.#enter({ ...update, step: (await this.#isAtHand(update)) ? 'activating' : 'downloading' });
      case 'downloading': {
        const outcome = await this.ports.download(update, this.#cancelWork.signal, this.#reports.progressOf(update));
        if (this.#cancelWork.signal.aborted) return false;
        if (outcome.ok) return this.#enter({ ...update, step: 'downloaded' });
        return this.#fail(update, outcome.code, outcome.detail);
      }
      case 'downloaded':
        if (update.deadline && new Date(update.deadline) <= this.ports.clock.now())
          return this.#fail(update, 'deadline_passed', `the offer ended ${update.deadline}`);
        return this.#enter({ ...update, step: 'installing' });
      case 'installing':
        return this.#install(update);
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

  async #install(update: Update): Promise<boolean> {
    const { installer, discard, artifactAt } = this.ports;
    const { version, releaseId, rollbackIndex, artifact } = update.manifest;
    const path = artifactAt(update.manifest);
    const payload = { version, releaseId, rollbackIndex, sha256: artifact.sha256, path, name: artifact.name };
    const outcome = await installer.install(payload, this.#reports.progressOf(update));
    if (!outcome.ok) return this.#fail(update, outcome.code, outcome.detail);
    await this.#enter({ ...update, step: 'activating' });
    await discard(path);
    return true;
  }

  async #verify(update: Update): Promise<boolean> {
    const { clock, health, installer, state } = this.ports;
    const outcome = await watchProbation(clock, () => health(update.baseline), this.times, this.#stopping.signal);
    if (!outcome) return false;
    if (!outcome.healthy)
      return this.#enter(
        { ...update, step: 'reverting', reasonCode: outcome.code, reasonDetail: outcome.detail },
        outcome.checks,
      );
    await installer.confirm();
    const { executionId, manifest } = update;
    const rollbackFloor = Math.max(state.value.rollbackFloor, manifest.rollbackIndex);
    await state.set({
      ...state.value,
      rollbackFloor,
      confirmed: { executionId, version: manifest.version, regressed: false },
    });
    return this.#enter({ ...update, step: 'succeeded' }, outcome.checks);
  }

  /** The other slot may still hold just this release: going back then needs no download. */
  async #isAtHand(update: Update): Promise<boolean> {
    const previous = await this.ports.installer.previous();
    return previous?.sha256 === update.manifest.artifact.sha256 && previous.version === update.manifest.version;
  }

  async #fail(update: Update, reasonCode: string, reasonDetail: string): Promise<true> {
    return this.#enter({ ...update, step: 'failed', reasonCode, reasonDetail });
  }

  /** Writes the step down, then tells it. */
  async #enter(update: Update, checks?: Record<string, boolean>): Promise<true> {
    const { state, log } = this.ports;
    await state.set({ ...state.value, update });
    log.info('update', {
      step: update.step,
      version: update.manifest.version,
      ...(update.reasonCode && { reason: update.reasonCode }),
    });
    await this.#reports.entered(update, checks);
    return true;
  }
}
