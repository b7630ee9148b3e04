import type { IngestSlot } from '@muster/contracts/telemetry/ingest.schema';
import type { SeriesColumns } from '../../ui/time-series.js';

type Value = number | null;

const columns = (
  t: readonly number[],
  rows: readonly (readonly [min: Value, max: Value, drawn: Value])[],
): SeriesColumns => ({
  t,
  min: rows.map(([min]) => min),
  max: rows.map(([, max]) => max),
  avg: rows.map(([, , drawn]) => drawn),
  delta: rows.map(() => null),
  n: rows.map(() => 1),
  flags: rows.map(() => 0),
});

/** Slots in which nothing came in are not sent; they are zeros, not gaps. */
const everySlot = (slots: readonly IngestSlot[]): { readonly at: number; readonly slot: IngestSlot | null }[] => {
  const first = slots[0];
  const last = slots.at(-1);
  if (!first || !last) return [];
  const step = first.seconds * 1000;
  const known = new Map(slots.map((slot) => [Date.parse(slot.at), slot]));
  const start = Date.parse(first.at);
  const count = Math.round((Date.parse(last.at) - start) / step) + 1;
  return Array.from({ length: count }, (_, n) => start + n * step).map((at) => ({ at, slot: known.get(at) ?? null }));
};

export type Counted = 'stored' | 'readings' | 'duplicates' | 'deadLettered' | 'shed';

/** How many a second, slot by slot. */
export const rateColumns = (slots: readonly IngestSlot[], what: Counted): SeriesColumns => {
  const all = everySlot(slots);
  return columns(
    all.map(({ at }) => at),
    all.map(({ slot }) => [null, null, slot ? slot[what] / slot.seconds : 0]),
  );
};

/** The median as a line and up to the 99th percentile as a band; where nothing was taken there is nothing to time. */
export const timingColumns = (slots: readonly IngestSlot[], what: 'commitMs' | 'lagMs', unitMs = 1): SeriesColumns => {
  const all = everySlot(slots);
  return columns(
    all.map(({ at }) => at),
    all.map(({ slot }) => {
      const timing = slot?.[what];
      return timing ? [timing.p50 / unitMs, timing.p99 / unitMs, timing.p50 / unitMs] : [null, null, null];
    }),
  );
};

export const sumOf = (slots: readonly IngestSlot[], what: Counted): number =>
  slots.reduce((sum, slot) => sum + slot[what], 0);

/** The slots of the newest minute that is complete: the newest slot may still be counting. */
export const lastMinute = (slots: readonly IngestSlot[]): readonly IngestSlot[] => {
  const end = slots.at(-1);
  if (!end) return [];
  const until = Date.parse(end.at);
  return slots.filter(({ at }) => Date.parse(at) < until && Date.parse(at) >= until - 60_000);
};

export const ratePerSecond = (slots: readonly IngestSlot[], what: Counted): number => sumOf(slots, what) / 60;

/** The slowest of some slots, which is what somebody may have waited for. */
export const worst = (slots: readonly IngestSlot[], what: 'commitMs' | 'lagMs', rank: 'p50' | 'p99'): number | null => {
  const known = slots.flatMap((slot) => slot[what]?.[rank] ?? []);
  return known.length === 0 ? null : Math.max(...known);
};
