import { type Moments, momentsOf } from './confidence-interval.js';
import type { Compared, InstallTimes, ServiceEvidence } from './weigh-evidence.js';

/** At most so many devices of a wave, and so many of those not yet offered, are looked at. */
export const MOST_DEVICES = 500;
/** What lies further back than this no longer counts: a device that fails late must be seen soon, however long it did well. */
export const LOOK_BACK_MS = 3_600_000;
/** Fewer heartbeats due than this say nothing of a device. */
const FEWEST_BEATS = 3;

/** Heartbeats of one device in one span of time. */
export interface Beats {
  readonly beats: number;
  /** Of those, how many said `error`. */
  readonly errors: number;
  /** Missing between two that came. */
  readonly between: number;
  readonly first: Date | null;
  readonly last: Date | null;
}

export interface Span {
  readonly from: Date;
  readonly to: Date;
  readonly intervalS: number;
}

/** One device in service, now and in its own past; each number null where it is not known. */
export interface Observed {
  readonly due: number;
  readonly bad: number;
  readonly now: number | null;
  readonly past: number | null;
  readonly metrics: readonly { readonly now: number | null; readonly past: number | null }[];
}

/** One device's way from its yes to the confirmed boot; `bootedAt` null while it is under way. */
export interface InstallRow {
  readonly acceptedAt: Date;
  readonly bootedAt: Date | null;
}

/** How many heartbeats a silence of so many seconds swallowed; half an interval late is not missing. */
const swallowed = (from: Date, to: Date, intervalS: number): number =>
  Math.max(0, Math.floor((to.getTime() - from.getTime()) / 1000 / intervalS - 0.5));

/**
 * Heartbeats that were due in a span and those that were missing or said `error`. Counted by the silences between them,
 * so that a device which reconnects all the time cannot make up for being away. The past of a device begins with the
 * first heartbeat in it: before, it may not have existed.
 */
export function countBeats(it: Beats, { from, to, intervalS }: Span, past = false): { due: number; bad: number } {
  if (it.first === null || it.last === null) {
    const due = past ? 0 : swallowed(from, to, intervalS);
    return { due, bad: due };
  }
  const missed = it.between + (past ? 0 : swallowed(from, it.first, intervalS)) + swallowed(it.last, to, intervalS);
  return { due: it.beats + missed, bad: it.errors + missed };
}

/** The error rate of one device; null while too few heartbeats were due to have one. */
export const rateOf = ({ due, bad }: { due: number; bad: number }): number | null =>
  due < FEWEST_BEATS ? null : bad / due;

interface Pair {
  readonly now: number | null;
  readonly past: number | null;
}

const sampled = (pairs: readonly Pair[]): { now: Moments | null; past: Moments | null; change: Moments | null } => {
  const known = pairs.filter((pair): pair is Pair & { now: number } => pair.now !== null);
  const paired = known.filter((pair): pair is { now: number; past: number } => pair.past !== null);
  return {
    now: momentsOf(known.map(({ now }) => now)),
    past: momentsOf(paired.map(({ past }) => past)),
    change: momentsOf(paired.map(({ now, past }) => now - past)),
  };
};

function compared(updated: readonly Pair[], control: readonly Pair[]): Compared | null {
  const ours = sampled(updated);
  if (ours.now === null) return null;
  const theirs = sampled(control);
  return {
    updated: ours.now,
    baseline: ours.past,
    change: ours.change,
    control: theirs.now === null ? null : { after: theirs.now, before: theirs.past, change: theirs.change },
  };
}

/**
 * Install times as evidence: the time nine of ten stay below. Who is under way counts once it is slower than the limit;
 * who was slower and began before `since` is forgiven, as somebody took responsibility for it then.
 */
export function installTimes(
  rows: readonly InstallRow[],
  limitS: number,
  asOf: Date,
  since: Date | null = null,
): InstallTimes | null {
  const seconds = rows
    .map(({ acceptedAt, bootedAt }) => ({
      done: bootedAt !== null,
      forgiven: since !== null && acceptedAt < since,
      s: ((bootedAt ?? asOf).getTime() - acceptedAt.getTime()) / 1000,
    }))
    .filter(({ done, forgiven, s }) => (s > limitS ? !forgiven : done))
    .map(({ s }) => s)
    .sort((a, b) => a - b);
  if (seconds.length === 0) return null;
  const p90S = seconds[Math.ceil(0.9 * seconds.length) - 1]!;
  return { n: seconds.length, p90S, slow: seconds.filter((s) => s > limitS).length };
}

/** Everything observed of a wave in a few numbers, from which alone its gate is judged. */
export function gatherEvidence(seen: {
  readonly asOf: Date;
  readonly updated: readonly Observed[];
  readonly control: readonly Observed[];
  readonly metrics: readonly string[];
  readonly installs: InstallTimes | null;
}): ServiceEvidence {
  const { asOf, updated, control, metrics, installs } = seen;
  return {
    asOf: asOf.toISOString(),
    devices: updated.length,
    expected: updated.reduce((sum, { due }) => sum + due, 0),
    errors: updated.reduce((sum, { bad }) => sum + bad, 0),
    rates: compared(updated, control),
    metrics: metrics.flatMap((metric, i) => {
      const of = (devices: readonly Observed[]): Pair[] => devices.map((it) => it.metrics[i]!);
      const it = compared(of(updated), of(control));
      return it === null ? [] : [{ ...it, metric }];
    }),
    installs,
  };
}
