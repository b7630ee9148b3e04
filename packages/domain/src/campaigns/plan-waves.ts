import type { WaveSize } from '@muster/contracts/campaigns/plans.schema';
import { done, type Result, refused } from '../result.js';

export interface PlannedWave {
  /** Numbered from 1. */
  readonly n: number;
  /** Targets reached when this wave is through. */
  readonly cumulative: number;
  /** Targets of this wave alone. */
  readonly size: number;
}

export type PlanRefusal = 'plan_invalid' | 'plan_empty_wave' | 'plan_uncovering' | 'no_eligible_targets';

// Without it 0.1% of 1,000 is 1.0000000000000002 devices, and ceil makes that two.
const ROUNDING = 1e-9;

/** Targets a wave of this cumulative size reaches among `total`: shares are rounded up. */
export const reach = (size: WaveSize, total: number): number =>
  'percent' in size ? Math.ceil((size.percent * total) / 100 - ROUNDING) : Math.min(size.devices, total);

const fault = (size: WaveSize): string | null => {
  if ('percent' in size)
    return size.percent > 0 && size.percent <= 100 ? null : `${size.percent}% is not above 0 and at most 100`;
  return Number.isSafeInteger(size.devices) && size.devices > 0
    ? null
    : `${size.devices} is not a whole number of devices`;
};

// Two shares may round to the same device (1% and 10% of 5); written equal they are a mistake.
const grows = (before: WaveSize | undefined, size: WaveSize, total: number): boolean => {
  if (before === undefined) return true;
  if ('percent' in before && 'percent' in size) return size.percent > before.percent;
  if ('devices' in before && 'devices' in size) return size.devices > before.devices;
  return reach(size, total) >= reach(before, total);
};

/**
 * Cuts `total` frozen targets into waves. A share is rounded up and every wave gets at least one device, so a wave
 * that rounds to nothing never passes as evidence; a plan that cannot give each wave a device, shrinks, or leaves
 * targets out is refused.
 */
export function planWaves(sizes: readonly WaveSize[], total: number): Result<PlannedWave[], PlanRefusal> {
  const last = sizes.at(-1);
  if (last === undefined) return refused('plan_invalid', 'A plan needs at least one wave.');
  for (const [i, size] of sizes.entries()) {
    const wrong = fault(size);
    if (wrong !== null) return refused('plan_invalid', `Wave ${i + 1}: ${wrong}.`, { wave: i + 1 });
  }
  if (total < 1) return refused('no_eligible_targets', 'No device is eligible, so there is nothing to plan.');

  const reached = reach(last, total);
  if (reached < total)
    return refused('plan_uncovering', `The last wave reaches ${reached} of ${total} targets; it must reach all.`, {
      reached,
      total,
    });

  const waves: PlannedWave[] = [];
  let before = 0;
  for (const [i, size] of sizes.entries()) {
    const asked = reach(size, total);
    if (!grows(sizes[i - 1], size, total))
      return refused('plan_invalid', `Wave ${i + 1} does not reach further than wave ${i}; sizes are cumulative.`);
    const cumulative = Math.max(asked, before + 1);
    if (cumulative > total)
      return refused('plan_empty_wave', `Wave ${i + 1} would be empty: ${total} targets are used up before it.`, {
        wave: i + 1,
        total,
      });
    waves.push({ n: i + 1, cumulative, size: cumulative - before });
    before = cumulative;
  }
  return done(waves);
}

/** Which wave the target at `position` (from 0) of the ordered list belongs to. */
export const waveAt = (waves: readonly PlannedWave[], position: number): number =>
  waves.find((wave) => position < wave.cumulative)?.n ?? waves.length;
