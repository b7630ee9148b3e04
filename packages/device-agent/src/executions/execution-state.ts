import type { ExecutionReportState } from '@muster/contracts/campaigns/executions.schema';
import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import type { Manifest } from '@muster/contracts/releases/releases.schema';

/**
 * Steps of an update. Each is written down before its work begins, so a restart knows where it stands. `deferred` is an
 * end: the device keeps what it downloaded, and the server offers again.
 */
export type Step =
  | 'accepted'
  | 'downloading'
  | 'downloaded'
  | 'deferred'
  | 'installing'
  | 'waiting'
  | 'activating'
  | 'verifying'
  | 'reverting'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'cancelled';

const TERMINAL: readonly Step[] = ['deferred', 'succeeded', 'failed', 'rejected', 'cancelled'];
export const isTerminal = (step: Step): boolean => TERMINAL.includes(step);

/** Before the restart into the release is ordered, only the place that does not run was written to: a cancel is obeyed. */
const CANCELLABLE: readonly Step[] = ['accepted', 'downloading', 'downloaded', 'installing', 'waiting'];
export const isCancellable = (step: Step): boolean => CANCELLABLE.includes(step);

/** Steps whose work ends within moments of being asked to: a newer offer need not wait for its turn. */
export const isRecallable = (step: Step): boolean => isCancellable(step) && step !== 'installing';

/**
 * Given up because the server said so, by word or by no longer handing the artifact out. A new offer of it is a new
 * start; any other end stays what it is, however often it is offered.
 */
export const wasRecalled = ({ step, reasonCode }: Pick<Update, 'step' | 'reasonCode'>): boolean =>
  (step === 'cancelled' && reasonCode === 'cancelled') || (step === 'failed' && reasonCode === 'artifact_refused');

/** What is told to the server about a step. Switching slots and going back are told as what they lead to. */
export const reportedAs: Record<Step, ExecutionReportState> = {
  accepted: 'accepted',
  downloading: 'downloading',
  downloaded: 'downloaded',
  deferred: 'deferred',
  installing: 'installing',
  waiting: 'installing',
  activating: 'rebooting',
  verifying: 'verifying',
  reverting: 'verifying',
  succeeded: 'succeeded',
  failed: 'failed',
  rejected: 'rejected',
  cancelled: 'cancelled',
};

/** Why something ended or did not begin; codes are those of contracts/reasons where they fit. */
export interface Cause {
  reasonCode: string;
  reasonDetail: string;
}

/** What an order asks of the way the update is done. */
export type OrderTerms = Pick<ExecutionOrder, 'delta' | 'preconditions' | 'window' | 'jitterS'>;

export interface Update extends OrderTerms, Partial<Cause> {
  executionId: string;
  campaignId: string;
  /** The signed offer it began with: when it was signed (seconds), and its SHA-256. */
  offer: { iat: number; sha256: string };
  /** A return that the server ordered. */
  rollback: boolean;
  manifest: Manifest;
  artifactPath: string;
  deadline: string | null;
  step: Step;
  /** What ran before; the way back. */
  previousVersion: string;
  /** Runs of the agent since the switch; a release that keeps crashing is not tried for ever. */
  starts: number;
  /** Sources that were up before the switch: a meter already dead does not fail a good release. */
  baseline: string[];
  /** The restart into the release is not before this; drawn once, so that a crash does not add a second wait. */
  restartAt?: string;
  /** Bytes that came over the wire, and what there is to say about how. */
  bytes?: number;
  note?: string;
  retryAfterS?: number;
  /** Asked to stop; obeyed at the next edge between two steps. */
  recalled?: Cause;
  /** The step is on disk and its report perhaps not yet. */
  untold?: boolean;
}

/** An offer that was answered without beginning. */
export interface Answer extends Cause {
  executionId: string;
  version: string | null;
  kind: 'rejected' | 'deferred';
  at: string;
  retryAfterS?: number;
}

export interface ExecutionsState {
  update: Update | null;
  /** The newest success and what it brought: running anything else later is a regression. */
  confirmed: { executionId: string; version: string; regressed: boolean } | null;
  /** A release with a lower rollback index is never installed. */
  rollbackFloor: number;
  /** SHA-256 of the artifact of the installed release, kept as what a delta starts from. */
  kept: string | null;
  answer: Answer | null;
}

export const noExecutions: ExecutionsState = {
  update: null,
  confirmed: null,
  rollbackFloor: 0,
  kept: null,
  answer: null,
};

/** Files in the download folder that are still worth their space, by SHA-256. */
export function worthKeeping({ update, kept }: ExecutionsState): string[] {
  const names = kept === null ? [] : [kept];
  if (!update || (isTerminal(update.step) && update.step !== 'deferred')) return names;
  names.push(update.manifest.artifact.sha256);
  if (update.delta) names.push(update.delta.sha256);
  return names;
}
