import type { GateCheck, Verdict } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits, HealthLimits, MetricLimit } from '@muster/contracts/campaigns/plans.schema';
import { asShares, type Interval, type Moments } from './confidence-interval.js';
import { type Compared, compare, type InstallTimes, type ServiceEvidence } from './weigh-evidence.js';

/**
 * The error rate a burn is measured against is at least this: the budget of a target of 99%. Devices that never failed
 * would otherwise burn infinitely at the first missed heartbeat.
 */
export const BURN_FLOOR = 0.01;
/** A mean of fewer devices has no interval: their spread says too little. */
const SMALLEST_SAMPLE = 5;

const enough = (moments: Moments): Moments =>
  moments.n < SMALLEST_SAMPLE ? { ...moments, variance: Number.POSITIVE_INFINITY } : moments;

/**
 * The one rule of every comparison. Halt: the whole interval lies beyond the limit. Pass: the sample is complete and the
 * estimate is within the limit. Anything else holds, so that doubt neither halts nor passes.
 */
const verdictOf = (estimate: number, interval: Interval | null, limit: number, sampled: boolean): Verdict =>
  interval !== null && interval[0] > limit ? 'halt' : sampled && estimate <= limit ? 'pass' : 'hold';

const missing = (code: string, title: string, limit: number, of: number, unit: GateCheck['unit']): GateCheck => ({
  code,
  title,
  observed: null,
  limit,
  n: 0,
  of,
  unit,
  verdict: 'hold',
});

function errorRise(rates: Compared, limits: HealthLimits, of: number, sampled: boolean): GateCheck {
  const found = compare(rates, asShares);
  const head = {
    code: 'error_rise',
    title: 'Errors in service',
    limit: limits.maxErrorRise,
    of,
    unit: 'share',
  } as const;
  if (found === null) return { ...missing(head.code, head.title, head.limit, of, head.unit), n: rates.updated.n };
  const { estimate, interval, against, reference } = found;
  return {
    ...head,
    observed: rates.updated.mean,
    n: rates.updated.n,
    verdict: verdictOf(estimate, interval, limits.maxErrorRise, sampled),
    against,
    reference,
    interval: interval === null ? null : [...interval],
  };
}

/**
 * How fast the error budget burns: the rate after the update, with what the control went through taken off, as a
 * multiple of the devices' own rate before (at least `BURN_FLOOR`; a device without a past is held to the floor). Halts above `maxBurn` when the
 * interval also lies above 1, so that one missed heartbeat of one device is not an alarm.
 */
function errorBurn(rates: Compared, limits: HealthLimits, of: number, sampled: boolean): GateCheck {
  const title = 'Error budget burn';
  const found = compare(rates, asShares);
  if (found === null)
    return { ...missing('error_burn', title, limits.maxBurn, of, 'times'), n: rates.updated.n, against: 'baseline' };
  const past = found.paired ? (rates.baseline?.mean ?? 0) : 0;
  const budget = Math.max(past, BURN_FLOOR);
  const times = (off: number): number => Math.max(0, (past + off) / budget);
  const observed = times(found.estimate);
  const interval: [number, number] | null =
    found.interval === null ? null : [times(found.interval[0]), times(found.interval[1])];
  const broken = observed > limits.maxBurn && interval !== null && interval[0] > 1;
  return {
    code: 'error_burn',
    title,
    observed,
    limit: limits.maxBurn,
    n: rates.updated.n,
    of,
    unit: 'times',
    verdict: broken ? 'halt' : sampled && observed <= limits.maxBurn ? 'pass' : 'hold',
    against: 'baseline',
    reference: past,
    interval,
  };
}

const mirrored = ([low, high]: Interval): Interval => [-high, -low];

function metricChange(limit: MetricLimit, it: Compared | undefined, of: number, needed: number): GateCheck {
  const code = `metric.${limit.metric}`;
  const found = it === undefined ? null : compare(it, enough);
  if (it === undefined || found === null)
    return { ...missing(code, limit.metric, limit.maxChange, of, 'metric'), n: it?.updated.n ?? 0 };
  const { estimate, interval, against, reference } = found;
  const sampled = it.updated.n >= needed;
  const upwards = verdictOf(estimate, interval, limit.maxChange, sampled);
  const downwards = verdictOf(-estimate, interval === null ? null : mirrored(interval), limit.maxChange, sampled);
  const worse: Verdict =
    upwards === 'halt' || downwards === 'halt' ? 'halt' : upwards === 'pass' && downwards === 'pass' ? 'pass' : 'hold';
  return {
    code,
    title: limit.metric,
    observed: it.updated.mean,
    limit: limit.maxChange,
    n: it.updated.n,
    of,
    unit: 'metric',
    verdict: { up: upwards, down: downwards, both: worse }[limit.bad],
    against,
    reference,
    interval: interval === null ? null : [...interval],
  };
}

/** Nine of ten within the limit; broken early when more than one of ten of everybody expected is slower already. */
function installTime(limit: number, installs: InstallTimes | null, needed: number, expected: number): GateCheck {
  const title = 'Install time of nine of ten';
  if (installs === null) return missing('install_time', title, limit, expected, 'seconds');
  const sampled = installs.n >= needed;
  const broken = (sampled && installs.p90S > limit) || installs.slow > 0.1 * expected;
  return {
    code: 'install_time',
    title,
    observed: installs.p90S,
    limit,
    n: installs.n,
    of: expected,
    unit: 'seconds',
    verdict: broken ? 'halt' : sampled ? 'pass' : 'hold',
  };
}

/** Devices that must have been observed: the smaller of the plan's minimum and those that can be. */
export const neededInService = (evidence: ServiceEvidence | null, limits: GateLimits, open: number): number =>
  Math.max(1, Math.min(limits.minSample, (evidence?.devices ?? 0) + open));

/**
 * Judges how the updated devices of a wave do in service: heartbeats, error budget, metrics, install time; only what
 * the limits ask for. `open` are devices of the wave that may still be updated. Evidence that is missing holds.
 */
export function judgeService(evidence: ServiceEvidence | null, limits: GateLimits, open: number): GateCheck[] {
  const { health, maxInstallS } = limits;
  const devices = evidence?.devices ?? 0;
  const needed = neededInService(evidence, limits, open);
  const checks: GateCheck[] = [];
  if (maxInstallS !== undefined)
    checks.push(installTime(maxInstallS, evidence?.installs ?? null, needed, devices + open));
  if (health === undefined) return checks;
  const rates = evidence?.rates ?? null;
  const n = rates?.updated.n ?? 0;
  const sampled = n >= needed;
  const head = { code: 'observed', title: 'Observed in service', limit: needed, n, of: devices } as const;
  checks.push({ ...head, observed: n, unit: 'devices', verdict: sampled ? 'pass' : 'hold' });
  if (rates === null)
    checks.push(
      missing('error_rise', 'Errors in service', health.maxErrorRise, devices, 'share'),
      missing('error_burn', 'Error budget burn', health.maxBurn, devices, 'times'),
    );
  else checks.push(errorRise(rates, health, devices, sampled), errorBurn(rates, health, devices, sampled));
  for (const limit of health.metrics) {
    const found = evidence?.metrics.find(({ metric }) => metric === limit.metric);
    checks.push(metricChange(limit, found, devices, needed));
  }
  return checks;
}
