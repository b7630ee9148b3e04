import type { CampaignState, WaveState } from '@muster/contracts/campaigns/campaigns.schema';
import type { DecisionKind, Verdict } from '@muster/contracts/campaigns/decisions.schema';
import type { ExecutionKind, ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan, GateLimits } from '@muster/contracts/campaigns/plans.schema';
import type { StateCounts } from './count-executions.js';
import type { ExecutionEvent } from './execution.machine.js';
import type { PaceFacts } from './offerable-sites.js';
import type { ServiceEvidence } from './weigh-evidence.js';

export interface WaveFacts {
  readonly n: number;
  readonly state: WaveState;
  readonly size: number;
  readonly limits: GateLimits;
  readonly holdAfter: boolean;
  readonly counts: StateCounts;
  /** Bad outcomes an operator took responsibility for when resuming after a halt. */
  readonly forgiven: StateCounts;
  readonly soakUntil: Date | null;
  /** Code of the newest gate record of this wave. */
  readonly judged: string | null;
  /** When that record was made, and of what (`groundsOf`). */
  readonly judgedAt?: Date | null;
  readonly judgedOn?: string | null;
  /** How its updated devices do in service; null when that is not known, or not lately. */
  readonly evidence?: ServiceEvidence | null;
}

/** A busy execution whose next timer is due. */
export interface TimerFacts {
  readonly executionId: string;
  readonly state: ExecutionState;
  readonly since: Date;
  readonly deadlineAt: Date | null;
  readonly stepDeadlineAt: Date | null;
  readonly soakUntil: Date | null;
  readonly lastSeenAt: Date | null;
  readonly wantedVersion: string | null;
  readonly reportedVersion: string | null;
  readonly health: 'ok' | 'degraded' | 'error' | null;
}

/** Waits in an opened wave, is reachable, and not busy with another execution. */
export interface CandidateFacts {
  readonly executionId: string;
  readonly wave: number;
  readonly position: number;
  readonly wantedVersion: string | null;
  readonly reportedVersion: string | null;
  /** Site of the device; '' or absent without one. */
  readonly site?: string;
  /** It was offered before, deferred, and may be asked again. */
  readonly deferred?: boolean;
  /** Not offered before this. */
  readonly notBefore?: Date | null;
}

/**
 * What one decision about one campaign needs. Counts stand for the fleet; single executions appear only when they need
 * attention now, so the cost of a tick follows what changed and not how many targets there are.
 */
export interface TickFacts {
  readonly campaign: {
    readonly state: CampaignState;
    readonly kind: ExecutionKind;
    /** A child campaign that returns devices to their own previous release. */
    readonly isRollback: boolean;
    /** The release was withdrawn after the campaign began. */
    readonly releaseRevoked: boolean;
    /** The tenant's kill switch is engaged: nothing is offered, opened or begun, whatever the state says. */
    readonly killed?: boolean;
  };
  readonly plan: Pick<CampaignPlan, 'concurrency' | 'ratePerMinute' | 'deadlineS' | 'stepTimeoutS' | 'autoRollback'> &
    Partial<Pick<CampaignPlan, 'deviceSoakS' | 'windows' | 'siteBudget'>>;
  readonly waves: readonly WaveFacts[];
  readonly timers: readonly TimerFacts[];
  readonly candidates: readonly CandidateFacts[];
  /** Queued in an opened wave, but out of reach for longer than a step may take. */
  readonly absent: readonly string[];
  /** Deferred, in a wave that has been open for longer than anybody waits. */
  readonly putOff?: readonly string[];
  /** Failed or timed out with attempts left. */
  readonly retryable: readonly string[];
  readonly offeredLastMinute: number;
  /** Devices possibly on the campaign's release; counted only while halted. */
  readonly returnable: number;
  readonly rollback: { readonly state: CampaignState; readonly counts: StateCounts } | null;
  /** Windows, freezes and budgets as they stand; absent when none of them holds anything back. */
  readonly pace?: PaceFacts;
  readonly progress?: ProgressFacts;
  /** Deltas to its release that are still to be built; asked for only while preparing. */
  readonly deltasWanted?: number;
}

/** Whether a campaign moves; without it no stall is looked for. */
export interface ProgressFacts {
  /** When an execution, a wave or the campaign changed state last. */
  readonly movedAt: Date;
  /** Said so before, and nothing has moved since. */
  readonly stalledAt: Date | null;
  /** What it waits for that has a time or a name of its own: a window, a freeze. */
  readonly waitsFor: string | null;
}

/** The evidence of a decision: `explainDecision` makes the sentence of it, anywhere and at any time. */
export interface Decision {
  readonly kind: DecisionKind;
  readonly wave: number | null;
  readonly verdict: Verdict | null;
  readonly code: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, unknown>>;
}

/** Everything a tick can decide. The store knows how to apply each of these and nothing else. */
export type TickDecision =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'settle';
      readonly event: ExecutionEvent;
      readonly code: string;
      readonly executionIds: readonly string[];
    }
  | { readonly kind: 'retry'; readonly executionIds: readonly string[] }
  | { readonly kind: 'record'; readonly decision: Decision }
  | { readonly kind: 'open_wave'; readonly wave: number; readonly decision: Decision }
  | { readonly kind: 'soak'; readonly wave: number; readonly until: Date }
  /** Nobody of the wave can say anything any more. */
  | { readonly kind: 'empty_wave'; readonly wave: number }
  | { readonly kind: 'pass_wave'; readonly wave: number; readonly decision: Decision }
  | { readonly kind: 'hold'; readonly code: string }
  | { readonly kind: 'halt'; readonly wave: number | null; readonly decision: Decision }
  | { readonly kind: 'cancel'; readonly states: readonly ExecutionState[]; readonly code: string }
  | {
      readonly kind: 'offer';
      readonly executionIds: readonly string[];
      readonly acceptBy: Date;
      readonly deadlineAt: Date;
    }
  | { readonly kind: 'start_rollback' }
  /** Nothing moves; null takes it back. */
  | { readonly kind: 'stall'; readonly decision: Decision | null }
  | {
      readonly kind: 'finish';
      readonly event: 'complete' | 'straggle' | 'settle' | 'returned' | 'fail';
      readonly code: string;
      readonly decision: Decision | null;
    };
