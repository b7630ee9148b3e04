import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { describe, expect, it } from 'vitest';
import { planRetry } from './plan-retry.js';

const gate = {
  maxFailureRate: 0.1,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 1,
  minResolvedShare: 1,
  soakS: 0,
};
const plan: CampaignPlan = {
  waves: [{ size: { percent: 1 } }, { size: { percent: 10 } }, { size: { percent: 100 }, gate }],
  gate,
  concurrency: 7,
  ratePerMinute: null,
  deadlineS: 600,
  stepTimeoutS: 60,
  deviceSoakS: 0,
  retries: 1,
  autoRollback: true,
  approval: true,
  startAt: '2026-01-01T00:00:00.000Z',
  lateJoiners: true,
  siteBudget: { devices: 2 },
};

describe('planRetry', () => {
  it('keeps the plan and drops its start and its late joiners', () => {
    const { startAt: _, lateJoiners: __, ...same } = plan;
    expect(planRetry(plan, 500)).toEqual(same);
  });

  it('makes one wave of devices that are too few for the waves', () => {
    expect(planRetry(plan, 2).waves).toEqual([{ size: { percent: 100 }, gate }]);
  });
});
