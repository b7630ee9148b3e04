import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import type { GateCode, GateInputs } from './judge-gate.js';
import type { Decision } from './tick-facts.js';

/** 0.075 → "7.5%", 0.05 → "5%". */
export const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;

const devices = (n: number): string => `${n} ${n === 1 ? 'device' : 'devices'}`;

const shareOf = (part: number, whole: number): string => (whole === 0 ? 'none' : percent(part / whole));

const numbers = (record: Readonly<Record<string, unknown>>): Record<string, number> =>
  new Proxy({} as Record<string, number>, {
    get: (_, key: string) => (typeof record[key] === 'number' ? (record[key] as number) : 0),
  });

function explainGate(wave: number, code: GateCode, inputs: GateInputs, limits: GateLimits): string {
  const { succeeded, failed, timedOut, rejected, open, size, setAside, soaking = 0 } = inputs;
  const resolved = succeeded + failed + timedOut + rejected;
  const expected = resolved + open;
  const resolvedDevices = `${resolved} resolved ${resolved === 1 ? 'device' : 'devices'}`;
  const needed = Math.min(limits.minSample, expected);
  // Before the sample is complete a gate halts only when the others can no longer mend it; then that is what to say.
  const tooMany = (bad: number, how: string, limit: number): string =>
    resolved >= needed
      ? `Wave ${wave} halted: ${bad} of ${soaking > 0 ? `${resolved + soaking} resolved or soaking devices` : resolvedDevices} ${how}, ${shareOf(bad, resolved + soaking)} against a limit of ${percent(limit)}.`
      : `Wave ${wave} halted: ${bad} of ${devices(expected)} ${how}, which is ${shareOf(bad, expected)} even if all others succeed, against a limit of ${percent(limit)}.`;
  switch (code) {
    case 'failure_rate':
      return tooMany(failed, 'failed', limits.maxFailureRate);
    case 'timeout_rate':
      return tooMany(timedOut, 'timed out', limits.maxTimeoutRate);
    case 'success_rate':
      return open === 0
        ? `Wave ${wave} halted: ${succeeded} of ${resolvedDevices} succeeded, ${shareOf(succeeded, resolved)} where at least ${percent(limits.minSuccessRate)} is needed.`
        : `Wave ${wave} halted: at most ${succeeded + open} of ${devices(expected)} can still succeed, ${shareOf(succeeded + open, expected)} where at least ${percent(limits.minSuccessRate)} is needed.`;
    case 'waiting_for_sample':
      return `Wave ${wave} waits: ${resolved} of ${devices(expected)} ${resolved === 1 ? 'has' : 'have'} resolved; its gate needs ${needed}.`;
    case 'waiting_for_share':
      return `Wave ${wave} waits: ${resolved} of ${devices(expected)} have resolved, ${shareOf(resolved, expected)} where at least ${percent(limits.minResolvedShare)} is needed.`;
    case 'no_data':
      return `Wave ${wave} has no data: ${setAside} of its ${devices(size)} are out of reach or set aside, and missing data holds.`;
    case 'gate_passed':
      return `Wave ${wave} passed its gate: ${succeeded} of ${resolvedDevices} succeeded, ${failed} failed, ${timedOut} timed out.`;
  }
}

/**
 * One sentence with numbers, made from the stored evidence alone. The page, the API and a recomputation from the
 * database all call this, so they cannot disagree.
 */
export function explainDecision(decision: Omit<Decision, 'verdict'>): string {
  const n = numbers(decision.inputs);
  const wave = decision.wave ?? 0;
  switch (decision.kind) {
    case 'gate':
      return explainGate(
        wave,
        decision.code as GateCode,
        decision.inputs as unknown as GateInputs,
        decision.limits as unknown as GateLimits,
      );
    case 'launched':
      return `Launched at ${devices(n.targets ?? 0)} in ${n.waves} ${n.waves === 1 ? 'wave' : 'waves'}; ${n.exclusions} excluded.`;
    case 'wave_opened':
      return `Wave ${wave} opened to ${devices(n.size ?? 0)}.`;
    case 'wave_passed':
      return `Wave ${wave} passed after its soak: ${n.succeeded} of ${devices(n.size ?? 0)} succeeded.`;
    case 'operator':
      return `${String(decision.inputs.by)} asked for ${decision.code}${decision.inputs.reason ? `: ${String(decision.inputs.reason)}` : ''}.`;
    case 'release_revoked':
      return 'Halted: its release was revoked.';
    case 'rollback_started':
      return `Returning ${devices(n.targets ?? 0)} to their own previous release${n.blocked ? `; ${devices(n.blocked)} cannot be returned` : ''}.`;
    case 'rollback_finished':
      return `Returned ${n.returned} of ${devices(n.targets ?? 0)} to their own previous release${leftOver(n)}.`;
    case 'rollback_failed':
      return `The rollback did not finish: it returned ${n.returned} of ${devices(n.targets ?? 0)}${leftOver(n)}.`;
    case 'stalled':
      return `Nothing has moved for ${Math.round((n.quietS ?? 0) / 60)} minutes with ${devices(n.outstanding ?? 0)} to go.`;
    case 'slice_excluded':
      return `Left out ${devices(n.removed ?? 0)} with ${String(decision.inputs.attribute)} ${String(decision.inputs.value)}: ${String(decision.inputs.reason)}.`;
    case 'finished':
      return decision.code === 'stopped'
        ? `Stopped: ${n.succeeded} of ${devices(n.targets ?? 0)} had succeeded${notDone(n)}.`
        : `Completed: ${n.succeeded} of ${devices(n.targets ?? 0)} succeeded${notDone(n)}.`;
  }
}

const list = (parts: readonly (readonly [number | undefined, string])[]): string => {
  const named = parts.filter(([count]) => (count ?? 0) > 0).map(([count, what]) => `${count} ${what}`);
  return named.length === 0 ? '' : `, ${named.join(', ')}`;
};

const leftOver = (n: Record<string, number>): string =>
  list([
    [n.satisfied, 'already there'],
    [n.blocked, 'blocked'],
    [n.failed, 'failed'],
    [n.outstanding, 'out of reach'],
  ]);

const notDone = (n: Record<string, number>): string =>
  list([
    [n.satisfied, 'already there'],
    [n.failed, 'failed'],
    [n.timedOut, 'timed out'],
    [n.rejected, 'rejected'],
    [n.outstanding, 'not reached'],
  ]);
