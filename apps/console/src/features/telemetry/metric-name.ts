import { readMetricKey } from '@muster/domain/telemetry/read-metric-key';

export interface MetricName {
  readonly title: string;
  readonly unit: string | null;
}

/** What to call a metric: its catalogue title and unit where a person or a register map gave them, else what its key says. */
export const metricName = (metric: string, title: string, unit: string | null): MetricName => {
  const read = readMetricKey(metric);
  return { title: title !== '' && title !== metric ? title : read.title, unit: unit ?? read.unit };
};
