import type { Resolution, Series } from '@muster/contracts/telemetry/telemetry.schema';
import type { CatalogueMetric, SeriesPoint } from '@muster/persistence/telemetry/query.store';
import { stepOf } from '@muster/telemetry/counter';
import { downsampleLttb } from '@muster/telemetry/downsample-lttb';
import { type Bucket, foldBuckets, type Span, spanOf } from '@muster/telemetry/fold-buckets';
import { empty, gapMsOf, gapsOf, showGaps } from '@muster/telemetry/gaps';

/** What a series is, beside its values. */
export interface SeriesHead {
  readonly metric: CatalogueMetric;
  readonly place: string | null;
  readonly asset: string | null;
  readonly site: string | null;
  /** Values are nobody's business here. */
  readonly masked: boolean;
}

const POINT = spanOf(1);

/** Buckets of any finer width as a series, with its gaps. */
export function seriesOfBuckets(
  head: SeriesHead,
  buckets: readonly Bucket[],
  resolution: Resolution,
  span: Span,
): Series {
  const folded = foldBuckets(buckets, span);
  const gapMs = gapMsOf(folded, span.ms);
  return series(head, showGaps(folded, gapsOf(folded, gapMs), span.ms), resolution, span, gapMs);
}

/**
 * Readings as a series of at most `width` of them that keeps its shape. Gaps are where the readings have them. What is left
 * out counts with the next one kept: its flags, and what a counter went up by. Readings after the last usable one have none
 * after them, so their flags stand at the time of the newest of them.
 */
export function seriesOfPoints(head: SeriesHead, points: readonly SeriesPoint[], width: number): Series {
  const buckets: Bucket[] = [];
  let flags = 0;
  for (const { t, v, quality } of points) {
    flags |= quality;
    if (v === null) continue;
    const before = buckets.at(-1)?.last ?? v;
    const step = head.metric.kind === 'counter' ? stepOf(before, v, head.metric.wrapAt).delta : null;
    const alone = { min: v, max: v, first: v, firstAt: t, last: v, lastAt: t, delta: step };
    buckets.push({ ...alone, t, n: 1, sum: v, resets: 0, flags });
    flags = 0;
  }
  const gapMs = gapMsOf(buckets, POINT.ms);
  const lean = downsampleLttb(
    buckets.map((bucket) => ({ t: bucket.t, v: bucket.sum, bucket })),
    width,
  );
  const kept: Bucket[] = [];
  let next = 0;
  for (const { bucket } of lean) {
    let [bits, delta] = [bucket.flags, bucket.delta];
    for (; buckets[next] !== bucket; next++) {
      bits |= buckets[next]!.flags;
      if (delta !== null) delta += buckets[next]!.delta!;
    }
    next++;
    kept.push({ ...bucket, flags: bits, delta });
  }
  const shown = showGaps(kept, gapsOf(buckets, gapMs), POINT.ms);
  if (flags !== 0) shown.push({ ...empty, t: points.at(-1)!.t, flags });
  return series(head, shown, 'raw', POINT, gapMs);
}

const series = (
  { metric, masked, ...rest }: SeriesHead,
  buckets: readonly Bucket[],
  resolution: Resolution,
  span: Span,
  gapMs: number,
): Series => {
  const column = (value: (bucket: Bucket) => number | null) => buckets.map((bucket) => (masked ? null : value(bucket)));
  return {
    metric: metric.key,
    title: metric.title ?? metric.key,
    kind: metric.kind,
    unit: metric.unit,
    ...rest,
    masked,
    resolution,
    bucketMs: span.ms,
    gapMs,
    t: buckets.map(({ t }) => t),
    min: column(({ min }) => min),
    max: column(({ max }) => max),
    avg: column(({ sum, n }) => (n > 0 ? sum / n : null)),
    last: column(({ last }) => last),
    delta: column(({ delta }) => delta),
    n: buckets.map(({ n }) => n),
    flags: buckets.map(({ flags }) => flags),
  };
};
