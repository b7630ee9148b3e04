import type { Finding } from './anomaly-finding.js';
import { say, sayExactly, withUnit } from './anomaly-words.js';
import { type Baseline, centreAt, departure, HOUR_MS } from './baseline.js';
import { median, sigmaAround } from './baseline-statistics.js';
import type { SeriesName } from './judge-series-stuck.js';

/** A raw reading. */
export interface Reading {
  readonly t: number;
  readonly v: number;
}
/** Readings that lay far outside between plausible ones; `back` is the first one after. */
export interface Spike {
  readonly at: number;
  readonly value: number;
  readonly readings: number;
  readonly expected: number;
  readonly back: number;
  readonly score: number;
}

/** More readings in a row than this are no spike: whatever it is, it was there. */
const MOST = 3;
const AROUND = 6;
const SIGMAS = 6;
const DAY_MS = 24 * HOUR_MS;

/** Spikes among readings in time order. One that has not returned yet is none yet. */
export function findSpikes(baseline: Baseline, readings: readonly Reading[]): Spike[] {
  const spikes: Spike[] = [];
  for (let i = 1; i < readings.length; ) {
    const length = spikeAt(baseline, readings, i);
    if (length > 0) spikes.push(spikeOf(baseline, readings, i, length));
    i += Math.max(1, length);
  }
  return spikes;
}

/** How many readings from `i` on are a spike; 0 when they are none. */
function spikeAt(baseline: Baseline, readings: readonly Reading[], i: number): number {
  for (let length = 1; length <= MOST && i + length < readings.length; length++)
    if (
      baseline.kind === 'counter' ? isGlitch(baseline, readings, i, length) : isExcursion(baseline, readings, i, length)
    )
      return length;
  return 0;
}

function isExcursion(baseline: Baseline, readings: readonly Reading[], i: number, length: number): boolean {
  const out = readings.slice(i, i + length);
  const side = Math.sign(out[0]!.v - centreAt(baseline, out[0]!.t));
  const before = readings.slice(Math.max(0, i - AROUND), i);
  const after = readings.slice(i + length, i + length + AROUND);
  const around = [...before, ...after].map(({ v }) => v);
  const middle = median(around);
  // Half of the way back is not back.
  const far = Math.max(SIGMAS * sigmaAround(around, middle), baseline.reach[side > 0 ? 0 : 1] / 2);
  const beyond = ({ t, v }: Reading) => side * (v - centreAt(baseline, t)) > baseline.reach[side > 0 ? 0 : 1];
  const plausible = (one: Reading) => !beyond(one) && Math.abs(one.v - middle) <= far;
  return (
    out.every((one) => beyond(one) && side * (one.v - middle) > far) &&
    plausible(before.at(-1)!) &&
    plausible(after[0]!)
  );
}

/** A counter that reads something else and then goes on from where it was. */
function isGlitch(baseline: Baseline, readings: readonly Reading[], i: number, length: number): boolean {
  const before = readings[i - 1]!;
  const after = readings[i + length]!;
  const most = Math.max(...baseline.centre) + baseline.limit * Math.max(...baseline.scale);
  const hours = Math.max(1, (after.t - before.t) / HOUR_MS);
  const goesOn = after.v >= before.v && after.v - before.v <= most * hours;
  return goesOn && readings.slice(i, i + length).every(({ v }) => v < before.v || v - after.v > most);
}

function spikeOf(baseline: Baseline, readings: readonly Reading[], i: number, length: number): Spike {
  const { t, v } = readings[i]!;
  const { kind } = baseline;
  const expected = kind === 'counter' ? readings[i - 1]!.v : centreAt(baseline, t);
  const score = kind === 'counter' ? (v - expected) / Math.max(...baseline.scale) : departure(baseline, t, v);
  return { at: t, value: v, readings: length, expected, back: readings[i + length]!.v, score };
}

/** One finding for spikes of a series until a day has passed without one. Spikes of the day before `until` count. */
export function settleSpikes(
  open: Finding | null,
  spikes: readonly Spike[],
  until: number,
  { name, unit }: SeriesName,
): Finding | null {
  let finding = open;
  for (const spike of spikes) {
    if (spike.at <= until - DAY_MS || (finding !== null && spike.at <= finding.lastSeenAt)) continue;
    const times = spike.readings === 1 ? 'one reading' : `${spike.readings} readings`;
    finding = {
      kind: 'spike',
      since: finding?.since ?? spike.at,
      lastSeenAt: spike.at,
      closedAt: null,
      score: spike.score,
      observed: spike.value,
      expected: spike.expected,
      sentence:
        `${name} read ${withUnit(sayExactly(spike.value), unit)} for ${times} at ${new Date(spike.at).toISOString().slice(0, 19)}Z ` +
        `and was back at ${sayExactly(spike.back)} with the next; ${say(spike.expected)} is usual`,
    };
  }
  return finding !== null && until - finding.lastSeenAt >= DAY_MS
    ? { ...finding, closedAt: finding.lastSeenAt + DAY_MS }
    : finding;
}
