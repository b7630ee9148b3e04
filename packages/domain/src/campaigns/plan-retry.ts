import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { planWaves } from './plan-waves.js';

/**
 * The plan of a campaign for its devices that failed: the same, without the start that is over and without late joiners,
 * since its targets are a list. Where so few are left that its waves cannot be cut, they are one wave with the last gate.
 */
export function planRetry(plan: CampaignPlan, devices: number): CampaignPlan {
  const { startAt: _over, lateJoiners: _list, ...same } = plan;
  const cut = planWaves(
    plan.waves.map((wave) => wave.size),
    devices,
  );
  if (cut.ok) return same;
  const gate = plan.waves.at(-1)?.gate;
  return { ...same, waves: [{ size: { percent: 100 }, ...(gate === undefined ? {} : { gate }) }] };
}
