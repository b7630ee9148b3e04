import type { ExecutionReport } from '@muster/contracts/mqtt/uplink';
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
const DETAIL_LIMIT = 1000;

/** How a step is called when its name alone would not say it. */
const phases: Partial<Record<Step, string>> = { waiting: 'waiting to restart' };

/** What the server is told about updates. Each telling resolves once it is durable; it is sent until acknowledged. */
export class ExecutionReports {
  constructor(
    private readonly tell: (body: ExecutionReportBody) => Promise<unknown>,
    private readonly installer: Installer,
    private readonly bootId: string,
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
    return (percent) => {
      if (percent < told + QUARTER || percent >= 100) return;
      told = percent - (percent % QUARTER);
      void this.tell({ executionId, state: reportedAs[step], phase: step, progress: percent });
    };
  }

  async #running(): Promise<{ firmwareVersion: string; bootId: string }> {
    return { firmwareVersion: (await this.installer.current()).version, bootId: this.bootId };
  }
}
