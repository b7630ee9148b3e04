import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import type { DeviceDescription } from '../identity/identity.js';
import type { Document } from '../ports/document.js';
import { type Belief, believeOrder, type OrderVerifier } from './believe-order.js';
import { type ExecutionReportBody, ExecutionReports } from './execution-reports.js';
import {
  type Answer,
  type ExecutionsState,
  isCancellable,
  isRecallable,
  isTerminal,
  type OrderTerms,
  type Update,
  wasRecalled,
  worthKeeping,
} from './execution-state.js';
import type { Installed } from './installer.js';
import { judgeBoot } from './judge-boot.js';
import { judgeOffer } from './judge-offer.js';
import { judgeReadiness } from './judge-readiness.js';
import type { ProbationTimes } from './probation.js';
import { UpdateJournal } from './update-journal.js';
import { causeOf, type Objection, type StepPorts, UpdateSteps } from './update-steps.js';

export interface UpdaterPorts extends StepPorts {
  state: Document<ExecutionsState>;
  verify: OrderVerifier;
  /** Resolves when durable; told to the server until it acknowledges. */
  report: (body: ExecutionReportBody) => Promise<unknown>;
  /** Sources that are up right now. */
  sourcesUp: () => string[];
}

type Believed = Extract<Belief, { ok: true }>;

/** When a device that is busy may be asked again. */
const BUSY_RETRY_S = 60;

/**
 * Takes one update at a time from offer to outcome. A step is on disk before its work begins; after a crash the next run
 * looks at the disk, not at memory, and goes on or goes back. What is deferred is forgotten: the server offers again.
 */
export class Updater {
  #tail: Promise<unknown> = Promise.resolve();
  readonly #reports: ExecutionReports;
  readonly #journal: UpdateJournal;
  readonly #steps: UpdateSteps;

  constructor(
    private readonly ports: UpdaterPorts,
    private readonly device: DeviceDescription,
    times: ProbationTimes,
  ) {
    this.#reports = new ExecutionReports(ports.report, ports.installer, ports.power.bootId, ports.clock);
    this.#journal = new UpdateJournal(ports.state, this.#reports, ports.clock, ports.log);
    this.#steps = new UpdateSteps(ports, this.#journal, times);
  }

  /** Picks up what the last run left. Call once, after the link may be used. */
  async recover(): Promise<void> {
    const { installer } = this.ports;
    const installed = await installer.current();
    const { update } = this.#journal;
    if (update && !isTerminal(update.step)) {
      const settled = judgeBoot({ update, installed, endedTrial: await installer.endedTrial() });
      if (settled !== update) await this.#journal.enter(settled.step, settled);
      this.#steps.work();
    } else {
      await this.#journal.tellAgain();
      await this.#noticeRegression(installed);
    }
  }

  receive(order: ExecutionOrder): Promise<void> {
    return this.#inTurn(() => (order.action === 'cancel' ? this.#cancel(order) : this.#consider(order)));
  }

  stop(): Promise<void> {
    return this.#steps.stop();
  }

  /** Removes what is no longer worth its space, after the wish to keep artifacts changed. */
  tidy(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.ports.keepsArtifact() && this.#journal.facts.kept !== null) await this.#journal.note({ kept: null });
      await this.ports.artifacts.tidy(worthKeeping(this.#journal.facts));
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch((error) =>
      this.ports.log.warn('update order failed inside the agent', { reason: String(error) }),
    );
    return turn;
  }

  async #consider(order: ExecutionOrder): Promise<void> {
    const { executionId } = order;
    const { update } = this.#journal;
    const known = update?.executionId === executionId ? update : null;
    if (known && known.step !== 'deferred' && !wasRecalled(known)) return this.#reports.entered(known);
    const belief = await believeOrder(order, this.ports.verify);
    if (!belief.ok) return this.#reject(executionId, null, belief.code, belief.detail);
    if (known && !isNewer(belief, known)) return this.#reports.entered(known);
    if (!(await this.#makesWay())) {
      const { version } = belief.manifest;
      const reasonDetail = `${this.#journal.update!.manifest.version} is being installed`;
      return this.#defer({ executionId, version, reasonCode: 'updating', reasonDetail, retryAfterS: BUSY_RETRY_S });
    }
    await this.#answer(order, belief);
  }

  /** Ends an update that can be ended at once; false when another one is past that. */
  async #makesWay(): Promise<boolean> {
    const { update } = this.#journal;
    if (!update || isTerminal(update.step)) return true;
    if (!isRecallable(update.step)) return false;
    const cause = { reasonCode: 'superseded', reasonDetail: 'a newer update was offered' };
    await (await this.#steps.recall(cause)).settled;
    const latest = this.#journal.update;
    return !latest || isTerminal(latest.step);
  }

  async #answer(order: ExecutionOrder, belief: Believed): Promise<void> {
    const { manifest, claims } = belief;
    const { installer, clock } = this.ports;
    const { executionId } = order;
    const { version } = manifest;
    const installed = await installer.current();
    const deadline = order.deadline ? new Date(order.deadline) : null;
    const { rollbackFloor } = this.#journal.facts;
    const { device } = this;
    const now = clock.now();
    const verdict = judgeOffer({ manifest, allows: claims, device, installed, rollbackFloor, deadline, now });
    if (verdict.kind === 'reject') return this.#reject(executionId, version, verdict.code, verdict.detail);
    if (verdict.kind === 'satisfied') {
      const confirmed = { executionId, version: installed.version, regressed: false };
      await this.#journal.note({ confirmed, answer: null });
      return this.#reports.satisfied(executionId);
    }
    const obstacle = await this.#obstacle(order, manifest);
    if (obstacle) {
      const { reasonCode, reasonDetail, retryAfterS } = obstacle;
      if (retryAfterS === undefined) return this.#reject(executionId, version, reasonCode, reasonDetail);
      return this.#defer({ executionId, version, reasonCode, reasonDetail, retryAfterS });
    }
    await this.#journal.begin(this.#updateOf(order, belief, installed));
    await this.ports.artifacts.tidy(worthKeeping(this.#journal.facts));
    this.#steps.work();
  }

  /** What stands against beginning now. The artifact that is kept for deltas gives way before an update does. */
  async #obstacle(order: ExecutionOrder, manifest: Update['manifest']): Promise<Objection | null> {
    const { clock, conditions, artifacts, objection } = this.ports;
    const { sha256, size } = manifest.artifact;
    const judge = async () => {
      const neededBytes = size - (await artifacts.sizeOf(sha256));
      return judgeReadiness({ ...(await conditions()), terms: order, neededBytes, about: 'offer', now: clock.now() });
    };
    let deferral = await judge();
    const { kept } = this.#journal.facts;
    if (deferral?.code === 'disk_full' && kept !== null) {
      await this.#journal.note({ kept: null });
      await artifacts.tidy([sha256]);
      deferral = await judge();
    }
    return deferral ? causeOf(deferral) : objection({ executionId: order.executionId, manifest }, 'offer');
  }

  #updateOf(order: ExecutionOrder, { manifest, claims, offerSha256 }: Believed, installed: Installed): Update {
    return {
      ...termsOf(order),
      executionId: order.executionId,
      campaignId: order.campaignId,
      offer: { iat: claims.iat, sha256: offerSha256 },
      rollback: claims.rollback,
      manifest,
      artifactPath: order.artifactPath ?? `/device/v1/artifacts/${manifest.artifact.id}`,
      deadline: order.deadline ?? null,
      step: 'accepted',
      previousVersion: installed.version,
      starts: 0,
      baseline: this.ports.sourcesUp(),
    };
  }

  async #cancel({ executionId }: ExecutionOrder): Promise<void> {
    const { update } = this.#journal;
    if (update?.executionId !== executionId) return;
    const cause = { reasonCode: 'cancelled', reasonDetail: 'cancelled by the server' };
    if (update.step === 'deferred') {
      await this.#journal.enter('cancelled', cause);
      return this.ports.artifacts.tidy(worthKeeping(this.#journal.facts));
    }
    if (!isCancellable(update.step)) return this.#reports.entered(update);
    const { settled } = await this.#steps.recall(cause);
    // An offer right behind it then meets what it led to.
    if (isRecallable(update.step)) await settled;
  }

  #reject(executionId: string, version: string | null, reasonCode: string, reasonDetail: string): Promise<void> {
    return this.#journal.answered({ executionId, version, kind: 'rejected', reasonCode, reasonDetail });
  }

  #defer(answer: Omit<Answer, 'at' | 'kind'>): Promise<void> {
    return this.#journal.answered({ ...answer, kind: 'deferred' });
  }

  async #noticeRegression(installed: Installed): Promise<void> {
    const { confirmed } = this.#journal.facts;
    if (!confirmed || confirmed.regressed || confirmed.version === installed.version) return;
    await this.#journal.note({ confirmed: { ...confirmed, regressed: true } });
    const detail = `runs ${installed.version} after ${confirmed.version} was confirmed`;
    await this.#reports.regressed(confirmed.executionId, detail);
  }
}

/** Signed after the offer that is known, not that one delivered twice. */
const isNewer = ({ claims, offerSha256 }: Believed, { offer }: Update): boolean =>
  offer === undefined || (claims.iat >= offer.iat && offerSha256 !== offer.sha256);

const termsOf = ({ delta, preconditions, window, jitterS }: ExecutionOrder): OrderTerms => ({
  ...(delta && { delta }),
  ...(preconditions && { preconditions }),
  ...(window && { window }),
  ...(jitterS !== undefined && { jitterS }),
});
