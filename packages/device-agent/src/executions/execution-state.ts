import type { ExecutionReportState } from '@muster/contracts/campaigns/executions.schema';
import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import type { Manifest } from '@muster/contracts/releases/releases.schema';

/** Steps of an update. Each is written down before its work begins, so a restart knows where it stands. */
export type Step =
  | 'accepted'
  | 'downloading'
  | 'downloaded'
  | 'installing'
  | 'activating'
  | 'verifying'
  | 'reverting'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'cancelled';

const TERMINAL: readonly Step[] = ['succeeded', 'failed', 'rejected', 'cancelled'];
export const isTerminal = (step: Step): boolean => TERMINAL.includes(step);
/** Before this nothing outside our own folder has changed: the update can simply be dropped. */
export const isRecallable = (step: Step): boolean =>
  step === 'accepted' || step === 'downloading' || step === 'downloaded';

/** What is told to the server about a step. Switching slots and going back are told as what they lead to. */
export const reportedAs: Record<Step, ExecutionReportState> = {
  accepted: 'accepted',
  downloading: 'downloading',
  downloaded: 'downloaded',
  installing: 'installing',
  activating: 'rebooting',
  verifying: 'verifying',
  reverting: 'verifying',
  succeeded: 'succeeded',
  failed: 'failed',
  rejected: 'rejected',
  cancelled: 'cancelled',
};

export interface Update {
  executionId: string;
  campaignId: string;
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
  reasonCode?: string;
  reasonDetail?: string;
}

export interface ExecutionsState {
  update: Update | null;
  /** The newest success and what it brought: running anything else later is a regression. */
  confirmed: { executionId: string; version: string; regressed: boolean } | null;
  /** A release with a lower rollback index is never installed. */
  rollbackFloor: number;
  /** An offer that came while another update was past the point of no return. */
  waiting: ExecutionOrder | null;
}

export const noExecutions: ExecutionsState = { update: null, confirmed: null, rollbackFloor: 0, waiting: null };
