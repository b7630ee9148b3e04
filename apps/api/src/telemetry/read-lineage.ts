import type { Resolution } from '@muster/contracts/telemetry/telemetry.schema';
import type { Tx } from '@muster/persistence/database';
import {
  type SeriesBucket,
  type SeriesPoint,
  type SeriesScope,
  telemetryQueryStore,
} from '@muster/persistence/telemetry/query.store';
import { type Span, spanOf } from '@muster/telemetry/fold-buckets';
import { readBuckets } from './read-buckets.js';

/** What one piece of hardware has to say of a place: its readings of the time it stood there. */
export interface LineagePart {
  readonly deviceKey: number;
  /** When it took the place of the one before, and when it was replaced. */
  readonly from: Date | null;
  readonly to: Date | null;
  /** Its places, by its own id, as they are called in the answer; 0 for the device itself. */
  readonly places: ReadonlyMap<number, number>;
}

/** What is asked of all of them. */
export type LineageScope = Pick<SeriesScope, 'metrics' | 'from' | 'to'>;

const HOUR = spanOf(3_600_000);
const DAY = spanOf(24 * HOUR.ms);
const WEEK = spanOf(7 * DAY.ms);
/** A resolution's own width, and what it is put together from where only a part of a bucket counts. */
const rolledUp = {
  hour: { span: HOUR, finer: null },
  day: { span: DAY, finer: 'hour' },
  week: { span: WEEK, finer: 'day' },
} as const;
type RolledUp = keyof typeof rolledUp;

/**
 * Buckets of a device and of the hardware it took the place of, each for the time it stood there: nothing counts twice, also
 * in the bucket in which they were swapped, and whatever the new one had measured elsewhere is not the place's.
 */
export async function readLineageBuckets(
  tx: Tx,
  resolution: Resolution,
  scope: LineageScope,
  span: Span,
  counters: boolean,
  parts: readonly LineagePart[],
): Promise<SeriesBucket[]> {
  const read = (of: SeriesScope): Promise<SeriesBucket[]> =>
    resolution === 'raw' || resolution === 'minute'
      ? telemetryQueryStore.fromMessages(tx, of, span, counters)
      : readStretch(tx, resolution, of, counters);
  return ofParts(scope, parts, read);
}

/** As the buckets; readings of each series in time order. */
export const readLineagePoints = (
  tx: Tx,
  scope: LineageScope,
  limit: number,
  parts: readonly LineagePart[],
): Promise<SeriesPoint[]> => ofParts(scope, parts, (of) => telemetryQueryStore.points(tx, of, limit));

/** Oldest first, so that what is read of one place stays in time order. */
async function ofParts<T extends { readonly placeId: number }>(
  scope: LineageScope,
  parts: readonly LineagePart[],
  read: (of: SeriesScope) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (const part of parts.toReversed()) {
    const from = part.from !== null && part.from > scope.from ? part.from : scope.from;
    const to = part.to !== null && part.to < scope.to ? part.to : scope.to;
    if (from >= to || part.places.size === 0) continue;
    const rows = await read({ ...scope, deviceKey: part.deviceKey, places: [...part.places.keys()], from, to });
    for (const row of rows) found.push({ ...row, placeId: part.places.get(row.placeId)! });
  }
  return found;
}

/** Whole buckets from the rollup, and at either end, where only a part of one counts, what it is made of. */
async function readStretch(
  tx: Tx,
  resolution: RolledUp,
  scope: SeriesScope,
  counters: boolean,
): Promise<SeriesBucket[]> {
  const { span } = rolledUp[resolution];
  const [from, to] = [scope.from.getTime(), scope.to.getTime()];
  const first = span.start(from) === from ? from : span.start(from) + span.ms;
  const last = span.start(to);
  const part = (start: number, end: number): SeriesScope => ({ ...scope, from: new Date(start), to: new Date(end) });
  if (first > last) return readPartial(tx, resolution, scope, counters);
  return [
    ...(from < first ? await readPartial(tx, resolution, part(from, first), counters) : []),
    ...(first < last ? await readBuckets(tx, resolution, part(first, last), span, counters) : []),
    ...(last < to ? await readPartial(tx, resolution, part(last, to), counters) : []),
  ];
}

/** A part of one bucket. The bucket itself where everything in it is of that part, which holds of nearly all swaps. */
async function readPartial(
  tx: Tx,
  resolution: RolledUp,
  scope: SeriesScope,
  counters: boolean,
): Promise<SeriesBucket[]> {
  const { span, finer } = rolledUp[resolution];
  const start = span.start(scope.from.getTime());
  const bucket = { ...scope, from: new Date(start), to: new Date(start + span.ms) };
  const rows = (await readBuckets(tx, resolution, bucket, span, counters)).filter((row) => touches(row, scope));
  if (rows.every((row) => isWithin(row, scope))) return rows;
  return finer === null
    ? telemetryQueryStore.fromMessages(tx, scope, HOUR, counters)
    : readStretch(tx, finer, scope, counters);
}

const touches = ({ firstAt, lastAt }: SeriesBucket, { from, to }: SeriesScope): boolean =>
  firstAt === null || lastAt === null || (lastAt >= from.getTime() && firstAt < to.getTime());
const isWithin = ({ firstAt, lastAt }: SeriesBucket, { from, to }: SeriesScope): boolean =>
  firstAt === null || lastAt === null || (firstAt >= from.getTime() && lastAt < to.getTime());
