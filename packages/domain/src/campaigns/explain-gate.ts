import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainBroken, explainSeen, explainWant } from './explain-service.js';
import type { GateCode, GateInputs } from './judge-gate.js';
import { devices, percent } from './word-numbers.js';

const shareOf = (part: number, whole: number): string => (whole === 0 ? 'none' : percent(part / whole));

/** The sentence of a gate's verdict. */
export function explainGate(wave: number, code: GateCode, inputs: GateInputs, limits: GateLimits): string {
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
    case 'rejection_rate':
      return tooMany(rejected, 'refused', limits.maxRejectionRate ?? 1);
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
    case 'no_evidence':
    case 'waiting_for_evidence':
    case 'evidence_unclear':
      return `Wave ${wave} waits: ${explainWant(code, inputs, limits)}.`;
    case 'gate_passed':
      return `Wave ${wave} passed its gate: ${succeeded} of ${resolvedDevices} succeeded, ${failed} failed, ${timedOut} timed out${explainSeen(inputs, limits)}.`;
    default:
      return `Wave ${wave} halted: ${explainBroken(code, inputs, limits)}.`;
  }
}
