import type { GateCheck, Verdict } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { countOf, liveCount, type StateCounts } from './count-executions.js';
import { judgeService, neededInService } from './judge-service.js';
import type { ServiceEvidence } from './weigh-evidence.js';

/** The evidence of one wave, stored with every decision so that anybody can judge again. */
export interface GateInputs {
  readonly size: number;
  /** Neither for nor against: unreachable, cancelled, removed, incompatible, already there. */
  readonly setAside: number;
  readonly succeeded: number;
  /** Failed, and regressed after success. */
  readonly failed: number;
  /** Timed out, and silent past the deadline. */
  readonly timedOut: number;
  readonly rejected: number;
  /** Not resolved yet: queued or updating. */
  readonly open: number;
  /** Of the open ones, those that booted well and only wait for their soak to end. */
  readonly soaking: number;
  /** How updated devices do in service, where a limit asks for it; null when that is not known, or not lately. */
  readonly evidence?: ServiceEvidence | null;
}

export type GateCode =
  | 'gate_passed'
  | 'failure_rate'
  | 'timeout_rate'
  | 'success_rate'
  | 'rejection_rate'
  | 'install_time'
  | 'error_rise'
  | 'error_burn'
  | `metric.${string}`
  | 'waiting_for_sample'
  | 'waiting_for_share'
  | 'no_data'
  | 'no_evidence'
  | 'waiting_for_evidence'
  | 'evidence_unclear';

export interface GateJudgement {
  readonly verdict: Verdict;
  readonly code: GateCode;
  /** Outcomes are enough and good: what may be missing is only how the devices do in service. */
  readonly settled: boolean;
  readonly checks: GateCheck[];
}

/** Reads a wave's counts as evidence. `forgiven` is what an operator took responsibility for when resuming. */
export function gateInputs(
  size: number,
  counts: StateCounts,
  forgiven: StateCounts = {},
  evidence?: ServiceEvidence | null,
): GateInputs {
  const bad = (...states: ('failed' | 'regressed' | 'timed_out' | 'in_doubt' | 'rejected')[]): number =>
    states.reduce((sum, s) => sum + Math.max(0, (counts[s] ?? 0) - (forgiven[s] ?? 0)), 0);
  const failed = bad('failed', 'regressed');
  const timedOut = bad('timed_out', 'in_doubt');
  const rejected = bad('rejected');
  // A returned device is the success of a rollback campaign; elsewhere it no longer says anything for the release.
  const succeeded = countOf(counts, 'succeeded', 'rolled_back');
  const open = countOf(counts, 'queued') + liveCount(counts);
  return {
    size,
    setAside: size - succeeded - failed - timedOut - rejected - open,
    succeeded,
    failed,
    timedOut,
    rejected,
    open,
    soaking: countOf(counts, 'soaking'),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** The limits that look at devices in service, and so need evidence beside the counts. */
export const asksForEvidence = ({ health, maxInstallS }: GateLimits): boolean =>
  health !== undefined || maxInstallS !== undefined;

/** The same limits without those: what can be judged of a wave nobody watches any more. */
export const withoutEvidence = ({ health: _, maxInstallS: __, ...limits }: GateLimits): GateLimits => limits;

/**
 * Judges a wave. The denominator is the devices that resolved; the sample needed is the smaller of the plan's minimum
 * and the devices that can still resolve. A limit is broken when the sample breaks it, or earlier, when it would stay
 * broken even if every open device succeeded. A failure is known at once and a success only after its soak, so devices
 * in their soak count beside the resolved ones when failures are weighed: without them the first failures of a large
 * wave would stand against next to nobody, and a release that fails on one device in a thousand would be halted.
 * Missing data holds; a wave with nobody left to wait for passes or halts, or holds for want of evidence from service
 * where the limits ask for it.
 */
export function judgeGate(inputs: GateInputs, limits: GateLimits): GateJudgement {
  const { succeeded, failed, timedOut, rejected, open, size, soaking = 0 } = inputs;
  const resolved = succeeded + failed + timedOut + rejected;
  const weighed = resolved + soaking;
  const expected = resolved + open;
  const needed = Math.min(limits.minSample, expected);
  const sampled = expected > 0 && resolved >= needed;
  const finished = open === 0;

  const most = (code: GateCode, title: string, bad: number, limit: number): GateCheck => {
    const broken = (sampled && bad > limit * weighed) || bad > limit * expected;
    const verdict = broken ? 'halt' : sampled ? 'pass' : 'hold';
    // Broken before the sample is complete: what counts is the share if everybody else succeeded.
    const of = broken && !sampled ? expected : weighed;
    return { code, title, observed: share(bad, of), limit, n: bad, of, unit: 'share', verdict };
  };
  const failures = most('failure_rate', 'Failed', failed, limits.maxFailureRate);
  const timeouts = most('timeout_rate', 'Timed out', timedOut, limits.maxTimeoutRate);
  const { maxRejectionRate } = limits;
  const rejections =
    maxRejectionRate === undefined ? [] : [most('rejection_rate', 'Rejected', rejected, maxRejectionRate)];

  const outOfReach = expected > 0 && succeeded + open < limits.minSuccessRate * expected;
  const reached = sampled && succeeded >= limits.minSuccessRate * resolved;
  const successes: GateCheck = {
    code: 'success_rate',
    title: 'Succeeded',
    observed: share(succeeded, resolved),
    limit: limits.minSuccessRate,
    n: succeeded,
    of: resolved,
    unit: 'share',
    verdict: outOfReach || (finished && sampled && !reached) ? 'halt' : reached ? 'pass' : 'hold',
  };
  const sample: GateCheck = {
    code: 'sample',
    title: 'Sample',
    observed: resolved,
    limit: needed,
    n: resolved,
    of: size,
    unit: 'devices',
    verdict: sampled ? 'pass' : 'hold',
  };
  const resolvedShare: GateCheck = {
    code: 'resolved_share',
    title: 'Resolved',
    observed: share(resolved, expected),
    limit: limits.minResolvedShare,
    n: resolved,
    of: expected,
    unit: 'share',
    verdict: expected > 0 && resolved >= limits.minResolvedShare * expected ? 'pass' : 'hold',
  };
  const outcomes = [failures, timeouts, successes, ...rejections, sample, resolvedShare];
  const service = judgeService(inputs.evidence ?? null, limits, open);
  const checks = [...outcomes, ...service];
  const settled = outcomes.every((check) => check.verdict === 'pass');

  const broken = checks.find((check) => check.verdict === 'halt');
  if (broken !== undefined) return { verdict: 'halt', code: broken.code as GateCode, settled, checks };
  if (settled && service.every((check) => check.verdict === 'pass'))
    return { verdict: 'pass', code: 'gate_passed', settled, checks };
  const code = settled ? whyUnclear(inputs, limits, service) : whyUnsettled(expected, sampled);
  return { verdict: 'hold', code, settled, checks };
}

const whyUnsettled = (expected: number, sampled: boolean): GateCode =>
  expected === 0 ? 'no_data' : sampled ? 'waiting_for_share' : 'waiting_for_sample';

/** Nothing is known, too little is known, or what is known is beyond a limit and may still be chance. */
function whyUnclear(inputs: GateInputs, limits: GateLimits, service: readonly GateCheck[]): GateCode {
  const { evidence = null, open } = inputs;
  if (evidence === null) return 'no_evidence';
  const held = service.filter((check) => check.verdict === 'hold');
  const few = held.some((check) => check.n < neededInService(evidence, limits, open));
  if (few && held.some(({ code }) => code === 'observed')) return 'waiting_for_evidence';
  if (held.some((check) => check.observed === null)) return 'no_evidence';
  return few ? 'waiting_for_evidence' : 'evidence_unclear';
}

/**
 * What a wave of this size can show at best: with no failure among n devices the true failure rate is below 3/n
 * with 95% confidence (rule of three).
 */
export function canProve(size: number): string {
  const bound = Math.min(1, 3 / size);
  if (bound >= 1)
    return size === 1
      ? '1 device without a failure proves almost nothing'
      : `${size} devices without a failure prove almost nothing`;
  const percent = (bound * 100).toFixed(bound < 0.1 ? 1 : 0);
  return `${size} devices without a failure prove a failure rate below ${percent}% (95%)`;
}
