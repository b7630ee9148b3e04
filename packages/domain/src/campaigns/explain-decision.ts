import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainGate } from './explain-gate.js';
import { explainOperator } from './explain-operator.js';
import type { GateCode, GateInputs } from './judge-gate.js';
import type { Decision } from './tick-facts.js';
import { devices } from './word-numbers.js';

const numbers = (record: Readonly<Record<string, unknown>>): Record<string, number> =>
  new Proxy({} as Record<string, number>, {
    get: (_, key: string) => (typeof record[key] === 'number' ? (record[key] as number) : 0),
  });

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
      return explainOperator(decision);
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
