import { type Metric, type MetricFacts, plainMetric } from '@muster/contracts/telemetry/metrics.schema';

/** What is said of a metric so far; of one nobody has described, nothing. */
export const factsOf = (metric: Metric | null): MetricFacts =>
  metric === null
    ? plainMetric
    : (Object.fromEntries(
        Object.keys(plainMetric).map((key) => [key, metric[key as keyof MetricFacts]]),
      ) as MetricFacts);

/** Only what somebody changed, so that two people who describe different things of a metric do not undo each other. */
export const changedFacts = (was: MetricFacts, next: MetricFacts): Partial<MetricFacts> =>
  Object.fromEntries(
    Object.entries(next).filter(([key, value]) => value !== was[key as keyof MetricFacts]),
  ) as Partial<MetricFacts>;

export const textOrNull = (text: string): string | null => (text.trim() === '' ? null : text);

/** An emptied number field gives its text. */
export const numberOrNull = (value: number | string): number | null =>
  value === '' || !Number.isFinite(Number(value)) ? null : Number(value);
