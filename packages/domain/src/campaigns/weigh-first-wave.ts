import type { EligibleTarget } from './order-targets.js';

export interface MixDeviation {
  readonly attribute: 'model' | 'site' | 'version';
  readonly value: string | null;
  /** Of the first wave, 0 to 1. */
  readonly share: number;
  readonly shareOfTargets: number;
}

const attributes = ['model', 'site', 'version'] as const;

const tally = (
  targets: readonly EligibleTarget[],
  attribute: MixDeviation['attribute'],
): Map<string | null, number> => {
  const counts = new Map<string | null, number>();
  for (const target of targets) counts.set(target[attribute], (counts.get(target[attribute]) ?? 0) + 1);
  return counts;
};

/**
 * Per attribute the value whose share of the first `size` targets is furthest from its share of all: what a first wave
 * proves, it proves for a mix that is at most this far off. Empty without a first wave.
 */
export function weighFirstWave(ordered: readonly EligibleTarget[], size: number): MixDeviation[] {
  if (size < 1 || ordered.length === 0) return [];
  const first = ordered.slice(0, size);
  return attributes.map((attribute) => {
    const some = tally(first, attribute);
    const deviations = [...tally(ordered, attribute)].map(([value, count]) => ({
      attribute,
      value,
      share: (some.get(value) ?? 0) / first.length,
      shareOfTargets: count / ordered.length,
    }));
    return deviations.reduce((worst, it) =>
      Math.abs(it.share - it.shareOfTargets) > Math.abs(worst.share - worst.shareOfTargets) ? it : worst,
    );
  });
}
