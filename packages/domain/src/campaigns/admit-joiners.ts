import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { reach } from './plan-waves.js';

export interface JoinableWave {
  readonly n: number;
  readonly cumulative: number;
}

/**
 * How many of `waiting` late devices the last opened wave takes now. A wave before the last one grows only as far as its
 * planned size allows for the larger fleet, so that nobody becomes a canary by being late; the others wait for the next
 * wave, and the last one takes all.
 */
export function admitJoiners(
  plan: Pick<CampaignPlan, 'waves'>,
  wave: JoinableWave,
  targets: number,
  waiting: number,
): number {
  const size = plan.waves[wave.n - 1]?.size;
  if (size === undefined || wave.n >= plan.waves.length) return waiting;
  return Math.min(waiting, Math.max(0, reach(size, targets + waiting) - wave.cumulative));
}
