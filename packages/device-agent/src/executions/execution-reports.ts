import type { ExecutionReport } from '@muster/contracts/mqtt/uplink';
import type { Clock } from '../ports/clock.js';
import { type Answer, reportedAs, type Step, type Update } from './execution-state.js';
import type { Installer } from './installer.js';

export type ExecutionReportBody = Pick<ExecutionReport, 'executionId' | 'state'> &
  Partial<
    Pick<
      ExecutionReport,
      | 'phase'
      | 'progress'
      | 'reasonCode'
      | 'reasonDetail'
      | 'firmwareVersion'
      | 'bootId'
      | 'checks'
      | 'retryAfterS'
      | 'bytes'
    >
  >;

/** Progress is told in quarters; a share of every device of a campaign would be traffic without news. */
const QUARTER = 25;
/** A step that takes longer is told again this often: the server gives up on one it hears nothing of. */
export const STILL_AT_IT_MS = 120_000;
const DETAIL_LIMIT = 1000;

/** How a step is called when its name alone would not say it. */
const phases: Partial<Record<Step, string>> = { waiting: 'waiting to restart' };

/** What the server is told about updates. Each telling resolves once it is durable; it is sent until acknowledged. */
export class ExecutionReports {
  constructor(
    private readonly tell: (body: ExecutionReportBody) => Promise<unknown>,
    private readonly installer: Installer,
    private readonly bootId: string,
    private readonly clock: Clock,
  ) {}

  async entered(update: Update, checks?: Record<string, boolean>): Promise<void> {
    const { executionId, step, reasonCode, note, bytes, retryAfterS } = update;
    const reasonDetail = update.reasonDetail ?? (step === 'downloaded' ? note : undefined);
    await this.tell({
      executionId,
      state: reportedAs[step],
      phase: phases[step] ?? step,
      ...(await this.#running()),
      ...(reasonCode !== undefined && { reasonCode }),
      ...(reasonDetail !== undefined && { reasonDetail: reasonDetail.slice(0, DETAIL_LIMIT) }),
      ...(step === 'downloaded' && bytes !== undefined && { bytes }),
      ...(step === 'deferred' && retryAfterS !== undefined && { retryAfterS }),
      ...(checks && { checks }),
    });
  }

  async answered({ executionId, kind, reasonCode, reasonDetail, retryAfterS }: Omit<Answer, 'at'>): Promise<void> {
    await this.tell({
      executionId,
      state: kind,
      reasonCode,
      reasonDetail: reasonDetail.slice(0, DETAIL_LIMIT),
      ...(retryAfterS !== undefined && { retryAfterS }),
    });
  }

  async satisfied(executionId: string): Promise<void> {
    await this.tell({ executionId, state: 'succeeded', reasonCode: 'already_satisfied', ...(await this.#running()) });
  }

  async regressed(executionId: string, reasonDetail: string): Promise<void> {
    const running = await this.#running();
    await this.tell({ executionId, state: 'regressed', reasonCode: 'fell_back', reasonDetail, ...running });
  }

  /** A listener for the percentages of the step the update is in. */
  progressOf({ executionId, step }: Update): (percent: number) => void {
    let told = 0;
    let toldAt = this.clock.monotonic();
    return (percent) => {
      const now = this.clock.monotonic();
      if (percent >= 100 || (percent < told + QUARTER && now - toldAt < STILL_AT_IT_MS)) return;
      told = percent - (percent % QUARTER);
      toldAt = now;
      void this.tell({ executionId, state: reportedAs[step], phase: step, progress: percent });
    };
  }

  async #running(): Promise<{ firmwareVersion: string; bootId: string }> {
    return { firmwareVersion: (await this.installer.current()).version, bootId: this.bootId };
  }
}
