import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';

/** Beyond so many devices a wave's chance no longer changes in any digit that is shown. */
const ENOUGH = 2_000;

/**
 * Chance that the gate of a wave of `size` devices halts a release that fails on `failureRate` of devices, each on its
 * own. Exact for a gate that looks after every outcome, as ours does: the distribution of failures among the first k
 * outcomes is carried along, and what breaks a limit at some k is taken out.
 */
export function gatePower(size: number, limits: GateLimits, failureRate: number): number {
  const n = Math.min(size, ENOUGH);
  const needed = Math.min(limits.minSample, n);
  const broken = (failures: number, seen: number): boolean =>
    failures > limits.maxFailureRate * n ||
    n - failures < limits.minSuccessRate * n ||
    (seen >= needed && failures > limits.maxFailureRate * seen);
  let alive = [1];
  let halted = 0;
  for (let seen = 1; seen <= n; seen++) {
    const next: number[] = [];
    for (let failures = 0; failures <= alive.length; failures++) {
      const chance = (alive[failures] ?? 0) * (1 - failureRate) + (alive[failures - 1] ?? 0) * failureRate;
      if (broken(failures, seen)) halted += chance;
      else next[failures] = chance;
    }
    alive = next;
  }
  return Math.min(1, halted);
}
