import { qualityFlags, unusable } from '@muster/contracts/telemetry/telemetry.schema';
import type { NormalTelemetry } from './normalise-telemetry.js';

/** What the catalogue says of a metric, as far as each of its readings has to be looked at. */
export interface MetricRule {
  /** Where its readings are stored: the alias's target, for an alias. */
  readonly id: number;
  /** Readings are stored as value * factor + shift. */
  readonly factor: number;
  readonly shift: number;
  /** Physical range of what is stored, both ends included; infinite where there is none. */
  readonly low: number;
  readonly high: number;
  /** Unchanged for longer is stuck; null where that is no fault. */
  readonly stuckAfterMs: number | null;
  /** False when there is nothing to look at: not an alias, no range, never stuck. */
  readonly judged: boolean;
}

export interface JudgedReadings {
  readonly metric: readonly number[];
  readonly value: readonly number[];
  /** `qualityFlags` of each value; null where all are fine. */
  readonly quality: readonly number[] | null;
}

/** Tells whether a series has not changed for too long, from what it remembers; `at` is ms since the epoch. */
export type IsStuck = (rule: MetricRule, value: number, at: number) => boolean;

/**
 * The readings of a message under the ids they are stored by, converted and judged. `rules` are those of `keys`, in their
 * order; `at` is when the message counts, in ms since the epoch.
 */
export function judgeReadings(
  readings: Pick<NormalTelemetry, 'slot' | 'dtMs' | 'value' | 'quality' | 'repeats'>,
  rules: readonly MetricRule[],
  at: number,
  isStuck: IsStuck,
): JudgedReadings {
  const { slot, dtMs } = readings;
  const metric = new Array<number>(slot.length);
  let judged = false;
  for (let i = 0; i < slot.length; i++) {
    const rule = rules[slot[i]!]!;
    metric[i] = rule.id;
    if (rule.judged) judged = true;
  }
  if (!judged && !readings.repeats) return { metric, value: readings.value, quality: readings.quality };

  const quality = readings.quality === null ? new Array<number>(slot.length).fill(0) : [...readings.quality];
  const value = [...readings.value];
  for (let i = 0; i < value.length; i++) {
    const rule = rules[slot[i]!]!;
    if (!rule.judged || quality[i] !== 0) continue;
    const stored = value[i]! * rule.factor + rule.shift;
    value[i] = Number.isFinite(stored) ? stored : Number.NaN;
    if (!Number.isFinite(stored)) quality[i] = qualityFlags.notFinite;
    else if (stored < rule.low || stored > rule.high) quality[i] = qualityFlags.outOfRange;
    if (quality[i] === 0 && rule.stuckAfterMs !== null && isStuck(rule, stored, at + dtMs[i]!))
      quality[i] = qualityFlags.stuck;
  }
  // An alias beside its target makes two of one, too.
  flagRepeats(metric, dtMs, quality);
  return { metric, value, quality: quality.some((flags) => flags !== 0) ? quality : null };
}

/** Of several usable readings of one metric at one time the last counts. Readings are in time order. */
function flagRepeats(metric: readonly number[], dtMs: readonly number[], quality: number[]): void {
  const later = new Set<number>();
  for (let i = dtMs.length - 1; i >= 0; i--) {
    if (dtMs[i] !== dtMs[i + 1]) later.clear();
    if ((quality[i]! & unusable) !== 0) continue;
    if (later.has(metric[i]!)) quality[i] = quality[i]! | qualityFlags.duplicate;
    else later.add(metric[i]!);
  }
}
