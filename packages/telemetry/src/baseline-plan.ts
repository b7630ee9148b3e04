import type { AnomalyKind } from '@muster/contracts/telemetry/anomalies.schema';
import { HISTORY_DAYS, HOUR_MS, type HourFact, LEAST_SPAN_HOURS } from './baseline.js';

const DAY_MS = 24 * HOUR_MS;
/** A finding that stays this long is how the series is from now on. */
const NEW_NORMAL_MS = 28 * DAY_MS;

/** A time in which something was found of a series; `until` is null while it lasts. In ms since the epoch. */
export interface Troubled {
  readonly kind: AnomalyKind;
  readonly from: number;
  readonly until: number | null;
}

/** The newest day is judged, not learned from: what begins in it must not teach that it is usual. */
export const learnsUntil = (head: number): number => head - DAY_MS;
export const learnsFrom = (head: number): number => learnsUntil(head) - HISTORY_DAYS * DAY_MS;

/**
 * The hours a baseline at `head` is learned from: those in which nothing was found. What was found twice and went by itself is a
 * habit (a weekend, a batch) and is learned; a sensor that drifts is not. Trouble that has lasted for four weeks is the new
 * normal, and then it is what came before that is left out.
 */
export function historyOf(hours: readonly HourFact[], head: number, trouble: readonly Troubled[]): HourFact[] {
  const until = learnsUntil(head);
  const settled = trouble.filter((one) => isNewNormal(one, head));
  const from = settled.reduce((latest, one) => Math.max(latest, one.from), learnsFrom(head));
  const habit = (one: Troubled) =>
    one.kind !== 'drift' && one.until !== null && trouble.filter(({ kind }) => kind === one.kind).length > 1;
  const left = trouble.filter((one) => one.kind !== 'spike' && !settled.includes(one) && !habit(one));
  const isLeft = (t: number) => left.some((one) => t >= one.from && (one.until === null || t < one.until));
  return hours.filter(({ t }) => t >= from && t <= until && !isLeft(t));
}

export const isNewNormal = ({ from, until }: Pick<Troubled, 'from' | 'until'>, head: number): boolean =>
  until === null && head - from >= NEW_NORMAL_MS;

/**
 * When to learn next: after a day, or for a series that is too young when it may be old enough. `spread` from 0 to 1 keeps a
 * fleet from doing it in the same hour.
 */
export const learnsNext = (head: number, learned: number, known: boolean, spread: number): number =>
  known || learned >= LEAST_SPAN_HOURS
    ? head + DAY_MS - Math.floor(spread * 6) * HOUR_MS
    : head + Math.min(24, Math.max(1, LEAST_SPAN_HOURS - learned)) * HOUR_MS;
