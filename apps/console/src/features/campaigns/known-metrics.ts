import { previewSelector } from '@muster/contracts/devices/devices.routes';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { useQueries, useQuery } from '@tanstack/react-query';
import { call } from '../../api/call.js';
import { type MetricName, metricName } from '../telemetry/metric-name.js';
import { latestQuery } from '../telemetry/telemetry.queries.js';

export interface KnownMetric extends MetricName {
  readonly metric: string;
}

const SAMPLE = 3;

/** Metrics that some devices of the selection report now, by name: what the picker offers. Another key can be typed. */
export const useKnownMetrics = (selector: Selector, enabled: boolean): readonly KnownMetric[] => {
  const sample = useQuery({
    queryKey: ['devices', 'list', 'selected', selector],
    queryFn: ({ signal }) => call(previewSelector, { body: { selector }, signal }),
    enabled,
    staleTime: 60_000,
  });
  const devices = (sample.data?.sample ?? []).toSorted(
    (a, b) => Number(b.presence === 'online') - Number(a.presence === 'online'),
  );
  const latest = useQueries({
    queries: devices.slice(0, SAMPLE).map(({ id }) => ({ ...latestQuery(id), refetchInterval: false as const })),
  });
  const known = new Map<string, KnownMetric>();
  for (const { data } of latest)
    for (const { metric, title, unit } of data?.items ?? [])
      if (!known.has(metric)) known.set(metric, { metric, ...metricName(metric, title, unit) });
  return [...known.values()].sort((a, b) => a.title.localeCompare(b.title));
};
