import type { ExecutionReportState } from '@muster/contracts/campaigns/executions.schema';
import { deviceReasons, isDeviceReason } from '@muster/contracts/reasons';

/** What an agent knows about its own updates, from its own disk. */
export interface AgentFacts {
  /** Null when the device runs what it came with and nobody wrote down what that is. */
  readonly installed: string | null;
  /** The newest update it began. */
  readonly update: {
    readonly version: string;
    readonly state: ExecutionReportState;
    readonly reasonCode: string | null;
    readonly reasonDetail: string | null;
    readonly retryAfterS: number | null;
    readonly restartAt: string | null;
  } | null;
  /** An offer after that, which it did not begin. */
  readonly answer: {
    readonly version: string | null;
    readonly kind: 'rejected' | 'deferred';
    readonly reasonCode: string;
    readonly reasonDetail: string;
    readonly retryAfterS: number | null;
    readonly at: string;
  } | null;
}

export interface AgentExplanation {
  readonly code: string;
  readonly sentence: string;
}

const doing: Partial<Record<ExecutionReportState, string>> = {
  accepted: 'the offer was accepted and the download is about to begin',
  downloading: 'the artifact is being downloaded',
  downloaded: 'the artifact is here and verified',
  installing: 'the release is being written to the place that does not run',
  rebooting: 'the device restarts into it',
  verifying: 'it runs on trial, until every check has held long enough',
};

/** Why a device is or is not updating, as it sees it itself: the code of its last report, and one sentence. */
export function explainAgent({ installed, update, answer }: AgentFacts): AgentExplanation {
  if (answer !== null) {
    const { kind, reasonCode, reasonDetail, retryAfterS, version } = answer;
    const offer = version === null ? 'the last offer' : `the offer of ${version}`;
    const verb = kind === 'rejected' ? 'refused' : 'put off';
    const again = kind === 'deferred' ? untilAsked(retryAfterS) : '';
    return told(
      reasonCode,
      `Not updating: ${offer} was ${verb} at ${answer.at}. ${reason(reasonCode, reasonDetail)}${again}`,
    );
  }
  if (update === null) return told('no_offer', `Not updating: no update was offered to this device.${runs(installed)}`);
  const { version, state, restartAt, retryAfterS } = update;
  const code = update.reasonCode ?? state;
  const why = update.reasonCode === null ? '' : ` ${reason(update.reasonCode, update.reasonDetail)}`;
  if (state === 'installing' && restartAt !== null)
    return told('waiting_to_restart', `Updating to ${version}: it is installed, and the restart is at ${restartAt}.`);
  const step = doing[state];
  if (step !== undefined) return told(code, `Updating to ${version}: ${step}.${why}`);
  if (state === 'succeeded')
    return installed === null || installed === version
      ? told('succeeded', `Not updating: ${version} is installed, well, and the newest release that was offered.`)
      : told('fell_back', `Not updating: ${version} had succeeded.${runs(installed)}`);
  if (state === 'deferred') return told(code, `Not updating: ${version} was put off.${why}${untilAsked(retryAfterS)}`);
  const ended = { failed: 'failed', rejected: 'was refused', cancelled: 'was given up', regressed: 'was left again' };
  return told(code, `Not updating: ${version} ${ended[state as keyof typeof ended] ?? state}.${why}${runs(installed)}`);
}

const told = (code: string, sentence: string): AgentExplanation => ({ code, sentence });

/** The sentence of the code, and what the device saw. */
const reason = (code: string, detail: string | null): string => {
  const sentence = isDeviceReason(code) ? deviceReasons[code] : code.replaceAll('_', ' ');
  return `${sentence}${detail === null || detail === '' ? '' : ` (${detail})`}.`;
};

const untilAsked = (retryAfterS: number | null): string =>
  ` The server offers it again${retryAfterS === null ? '' : `, not before ${Math.ceil(retryAfterS / 60)} min after that`}.`;

const runs = (installed: string | null): string => (installed === null ? '' : ` The device runs ${installed}.`);
