import type { ExecutionReportState, ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { type ExecutionEvent, execution, reportEvents } from './execution.machine.js';

export interface ReportedExecution {
  readonly state: ExecutionState;
  /** In an outcome: the server judged it and a report may correct it. While busy: that correction has been used. */
  readonly provisional: boolean;
  /** The version the device must run; null where the campaign changes no firmware. */
  readonly wantedVersion: string | null;
  /** Taken back by the server while the device was at it: only what it did past the point of no return counts. */
  readonly withdrawn?: boolean;
}

/** The reason of executions that were taken back while the device may have been at them. */
export const WITHDRAWN = 'kill_switch';

export interface DeviceReport {
  readonly state: ExecutionReportState;
  readonly reasonCode?: string | undefined;
  readonly reasonDetail?: string | undefined;
  readonly firmwareVersion?: string | undefined;
  readonly checks?: Readonly<Record<string, boolean>> | undefined;
}

export type ReportOutcome =
  | {
      readonly kind: 'moved';
      readonly state: ExecutionState;
      readonly reasonCode: string | null;
      readonly reasonDetail: string | null;
    }
  /** The same state again: progress, or a report that came twice. */
  | { readonly kind: 'unmoved' }
  | { readonly kind: 'refused'; readonly allowed: readonly string[] };

const serverJudged: ReadonlySet<ExecutionState> = new Set(['timed_out', 'in_doubt']);

interface Claim {
  readonly events: readonly ExecutionEvent[];
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
}

/**
 * After boot a device says what it runs and how it feels. While it watches itself it verifies; only when it says that it
 * is done, runs what was wanted and fails no check does its soak begin.
 */
function weighClaim(report: DeviceReport, wanted: string | null): Claim {
  const said = report.firmwareVersion;
  if (wanted !== null && said !== undefined && said !== wanted)
    return {
      events: ['fail'],
      reasonCode: report.state === 'succeeded' ? 'version_mismatch' : 'self_reverted',
      reasonDetail: `runs ${said} instead of ${wanted}`,
    };
  const unwell = Object.entries(report.checks ?? {})
    .filter(([, ok]) => !ok)
    .map(([name]) => name);
  if (unwell.length > 0)
    return report.state === 'succeeded'
      ? { events: ['fail'], reasonCode: 'unhealthy', reasonDetail: `failed checks: ${unwell.join(', ')}` }
      : { events: ['verify'], reasonCode: 'checks_failing', reasonDetail: `failing checks: ${unwell.join(', ')}` };
  const { reasonCode = null, reasonDetail = null } = report;
  if (report.state === 'succeeded' && reasonCode === 'already_satisfied')
    return { events: ['satisfy'], reasonCode, reasonDetail };
  const proven = report.state === 'succeeded' && (wanted === null || said === wanted);
  return { events: proven ? ['verify', 'soak'] : ['verify'], reasonCode, reasonDetail };
}

function claimOf(execution: ReportedExecution, report: DeviceReport): Claim {
  const { reasonCode = null, reasonDetail = null } = report;
  const event = reportEvents[report.state];
  const settled = execution.state === 'succeeded' || execution.state === 'rolled_back';
  if (settled && (event === 'fail' || event === 'regress'))
    return { events: ['regress'], reasonCode: reasonCode ?? 'regressed', reasonDetail };
  if (event === 'regress') return { events: ['fail'], reasonCode: reasonCode ?? 'self_reverted', reasonDetail };
  if (event === 'verify') return weighClaim(report, execution.wantedVersion);
  return { events: [event], reasonCode: reasonCode ?? (event === 'fail' ? 'failed' : null), reasonDetail };
}

/**
 * What a device's report does to its execution. A claim of success leads to the soak at most: only the server ends it.
 * A server's own time-out yields to a late report once; every other outcome stays what it is.
 */
export function applyReport(current: ReportedExecution, report: DeviceReport): ReportOutcome {
  if (serverJudged.has(current.state) && !current.provisional) return { kind: 'refused', allowed: [] };
  if (current.withdrawn && saysNothing(report)) return { kind: 'unmoved' };
  if (gaveUp(current, report)) {
    const back = execution.next(current.state, 'withdraw');
    if (back.kind === 'done') return { kind: 'moved', state: back.state, reasonCode: WITHDRAWN, reasonDetail: null };
  }
  const claim = claimOf(current, report);

  let state = current.state;
  for (const event of claim.events) {
    const step = execution.next(state, event);
    if (step.kind === 'done') state = step.state;
    else if (!skippable(state, event)) return { kind: 'refused', allowed: step.allowed };
  }
  // Falling ill again while verifying is worth writing down.
  if (state === current.state && !(state === 'verifying' && claim.reasonCode !== null)) return { kind: 'unmoved' };
  return { kind: 'moved', state, reasonCode: claim.reasonCode, reasonDetail: claim.reasonDetail };
}

/**
 * It gave an update up because it was told to, and we hold that update to be under way: the word to drop it was heard
 * later than we thought, beyond a step or beyond the next offer.
 */
const gaveUp = ({ wantedVersion }: ReportedExecution, report: DeviceReport): boolean =>
  wantedVersion !== null && report.state === 'cancelled' && report.reasonCode === 'cancelled';

/** What a device says between being recalled and having heard of it; the server no longer hands the artifact out either. */
const saysNothing = (report: DeviceReport): boolean =>
  ['accepted', 'deferred', 'downloading', 'downloaded', 'cancelled'].includes(report.state) ||
  (report.state === 'failed' && report.reasonCode === 'artifact_refused');

/** Who deferred without saying until when is asked again after this, in seconds. */
const ASK_AGAIN_S = 300;
/** Never sooner: a plan's rate counts devices over a minute, and nobody counts twice in it. */
const ASK_AGAIN_MIN_S = 60;

/** When a device that deferred may be offered the update again. */
export const askAgainAt = (retryAfterS: number | undefined, now: Date): Date =>
  new Date(now.getTime() + Math.max(ASK_AGAIN_MIN_S, retryAfterS ?? ASK_AGAIN_S) * 1000);

const order: readonly ExecutionState[] = ['verifying', 'soaking', 'succeeded', 'rolled_back'];

/** A report of where the device already is, or of a step of its verification it is past, is a repetition. */
const skippable = (state: ExecutionState, event: ExecutionEvent): boolean => {
  if (targets[event] === state) return true;
  return (event === 'verify' || event === 'soak') && order.includes(state);
};

const targets: Partial<Record<ExecutionEvent, ExecutionState>> = {
  accept: 'accepted',
  defer: 'deferred',
  fetch: 'downloading',
  fetched: 'downloaded',
  install: 'installing',
  reboot: 'rebooting',
  verify: 'verifying',
  fail: 'failed',
  reject: 'rejected',
  abort: 'cancelled',
  satisfy: 'already_satisfied',
};
