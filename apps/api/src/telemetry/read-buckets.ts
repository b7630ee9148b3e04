import type { Resolution } from '@muster/contracts/telemetry/telemetry.schema';
import type { Tx } from '@muster/persistence/database';
import { type SeriesBucket, type SeriesScope, telemetryQueryStore } from '@muster/persistence/telemetry/query.store';
import { type Span, spanOf } from '@muster/telemetry/fold-buckets';

const HOUR = spanOf(3_600_000);
const DAY = spanOf(24 * HOUR.ms);
const WEEK = spanOf(7 * DAY.ms);
/** More than this wait for the rollup only after it stood still. */
const MOST_UNFINISHED = 1_000;
/** Of those, the newest eight days of hours are read from messages; older ones show what was last known. */
const HOURS_FROM_MESSAGES = 8 * 24;

/**
 * Buckets of a resolution, right at any time: what changed since its rollup, and the bucket under way, are put together
 * from finished smaller ones, down to messages. `scope.from` must be the start of a bucket of `span`.
 */
export async function readBuckets(
  tx: Tx,
  resolution: Resolution,
  scope: SeriesScope,
  span: Span,
  counters: boolean,
): Promise<SeriesBucket[]> {
  if (resolution === 'raw' || resolution === 'minute') {
    return telemetryQueryStore.fromMessages(tx, scope, span, counters);
  }
  const { deviceKey, from, to } = scope;
  const open = await telemetryQueryStore.unfinished(tx, deviceKey, from, to, MOST_UNFINISHED);
  const hours = open.hours.slice(0, HOURS_FROM_MESSAGES);
  const days = startsOf(DAY, [...open.hours, ...open.days]);

  const fromHours = async (part: SeriesScope): Promise<SeriesBucket[]> => [
    ...(await telemetryQueryStore.fromRollup(tx, 'telemetry_hourly', part, hours)),
    ...(await each(stretchesOf(HOUR, within(hours, part)), part, (hour) =>
      telemetryQueryStore.fromMessages(tx, hour, HOUR, counters),
    )),
  ];
  const fromDays = async (part: SeriesScope): Promise<SeriesBucket[]> => [
    ...(await telemetryQueryStore.fromRollup(tx, 'telemetry_daily', part, days)),
    ...(await each(stretchesOf(DAY, within(days, part)), part, fromHours)),
  ];
  if (resolution === 'hour') return fromHours(scope);
  if (resolution === 'day') return fromDays(scope);
  const weeks = startsOf(WEEK, days);
  return [
    ...(await telemetryQueryStore.fromRollup(tx, 'telemetry_weekly', scope, weeks)),
    ...(await each(stretchesOf(WEEK, weeks), scope, fromDays)),
  ];
}

interface Stretch {
  readonly from: Date;
  readonly to: Date;
}

const within = (starts: readonly Date[], { from, to }: Stretch): Date[] =>
  starts.filter((start) => start >= from && start < to);

/** Starts of the buckets that `times` fall into, once each, in time order. */
const startsOf = ({ start }: Span, times: readonly Date[]): Date[] =>
  [...new Set(times.map((time) => start(time.getTime())))].sort((a, b) => a - b).map((time) => new Date(time));

/** Neighbouring buckets as one stretch each. */
const stretchesOf = (span: Span, starts: readonly Date[]): Stretch[] => {
  const stretches: { from: Date; to: Date }[] = [];
  for (const from of startsOf(span, starts)) {
    const last = stretches.at(-1);
    const to = new Date(from.getTime() + span.ms);
    if (last && last.to.getTime() === from.getTime()) last.to = to;
    else stretches.push({ from, to });
  }
  return stretches;
};

const each = async (
  stretches: readonly Stretch[],
  scope: SeriesScope,
  read: (part: SeriesScope) => Promise<SeriesBucket[]>,
): Promise<SeriesBucket[]> => {
  const found: SeriesBucket[] = [];
  for (const stretch of stretches) found.push(...(await read({ ...scope, ...stretch })));
  return found;
};
