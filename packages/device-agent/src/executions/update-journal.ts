import type { Clock } from '../ports/clock.js';
import type { Document } from '../ports/document.js';
import type { Log } from '../ports/log.js';
import type { ExecutionReports } from './execution-reports.js';
import { type Answer, type ExecutionsState, isTerminal, type Step, type Update } from './execution-state.js';

/** Where updates of this device stand: written down first, told after that, and told again when a crash came between. */
export class UpdateJournal {
  constructor(
    private readonly state: Document<ExecutionsState>,
    readonly reports: ExecutionReports,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  get facts(): ExecutionsState {
    return this.state.value;
  }

  get update(): Update | null {
    return this.state.value.update;
  }

  /** Writes down what is not a step. */
  async note(change: Partial<ExecutionsState>): Promise<void> {
    await this.state.set({ ...this.state.value, ...change });
  }

  /** Begins an update with its first step. */
  async begin(update: Update): Promise<void> {
    await this.note({ update: { ...update, untold: true }, answer: null });
    await this.#tell();
  }

  /** The next step of the update there is. Never undoes what was asked of it meanwhile. */
  async enter(step: Step, change: Partial<Update> = {}, checks?: Record<string, boolean>): Promise<true> {
    const { update } = this;
    if (!update) throw new Error(`no update to be ${step}`);
    await this.note({ update: { ...update, ...change, step, untold: true } });
    await this.#tell(checks);
    return true;
  }

  /** Changes what is known about the update without a step. */
  async amend(change: Partial<Update>): Promise<void> {
    if (this.update) await this.note({ update: { ...this.update, ...change } });
  }

  /** An offer that ends before it begins. */
  async answered(answer: Omit<Answer, 'at'>): Promise<void> {
    await this.note({ answer: { ...answer, at: this.clock.now().toISOString() } });
    const { reasonCode: reason, version, kind } = answer;
    this.log.info(`offer ${kind}`, { reason, ...(version !== null && { version }) });
    await this.reports.answered(answer);
  }

  /** The end that the last run may not have been able to tell. */
  async tellAgain(): Promise<void> {
    if (this.update?.untold && isTerminal(this.update.step)) await this.#tell();
  }

  async #tell(checks?: Record<string, boolean>): Promise<void> {
    const update = this.update!;
    const { step, manifest, reasonCode: reason } = update;
    this.log.info('update', { step, version: manifest.version, ...(reason !== undefined && { reason }) });
    await this.reports.entered(update, checks);
    // Only an end is worth a second write: any other step is told anew with the next one.
    if (isTerminal(step)) await this.amend({ untold: false });
  }
}
