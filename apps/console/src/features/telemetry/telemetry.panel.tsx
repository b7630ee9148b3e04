import { Select } from '@mantine/core';
import type { LatestValue } from '@muster/contracts/telemetry/telemetry.schema';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ChartPanel } from './chart.panel.js';
import { RangePicker, useRange } from './range-picker.js';
import classes from './telemetry.module.css';
import { latestQuery, seriesQuery } from './telemetry.queries.js';

const route = getRouteApi('/inside/devices/$deviceId');

/** Places of a device in order, its own readings first. */
const placesOf = (values: readonly LatestValue[]) => [...new Set(values.map(({ place }) => place ?? ''))].sort();

function Charts({
  deviceId,
  values,
  place,
}: {
  readonly deviceId: string;
  readonly values: readonly LatestValue[];
  readonly place: string;
}) {
  const range = useRange();
  const navigate = route.useNavigate();
  const shown = useMemo(() => values.filter((value) => (value.place ?? '') === place), [values, place]);
  const metrics = useMemo(() => shown.map(({ metric }) => metric), [shown]);
  const series = useQuery(seriesQuery(deviceId, { metrics, place: place || null, from: range.from, to: range.to }));
  return (
    <Answer query={series} lines={8}>
      {(data) => (
        <div className={classes.charts}>
          {shown.map((value) => (
            <ChartPanel
              key={value.metric}
              value={value}
              series={data.series.find((one) => one.metric === value.metric && (one.place ?? '') === place)}
              range={range}
              onZoom={(from, to) =>
                void navigate({ search: (was) => ({ ...was, from: Math.round(from), to: Math.round(to) }) })
              }
            />
          ))}
        </div>
      )}
    </Answer>
  );
}

/** Charts of a device: one per metric, sharing time and cursor. */
export function TelemetryPanel({ deviceId }: { readonly deviceId: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const latest = useQuery(latestQuery(deviceId));
  return (
    <Answer query={latest} lines={10}>
      {({ items }) => {
        if (items.length === 0)
          return (
            <Panel title="Telemetry">
              <EmptyState title="No telemetry yet">
                The first readings appear here within seconds of the device sending them.
              </EmptyState>
            </Panel>
          );
        const places = placesOf(items);
        const place = search.place !== undefined && places.includes(search.place) ? search.place : places[0]!;
        return (
          <div className={layout.stack}>
            <div className={layout.filters}>
              <RangePicker />
              {places.length > 1 ? (
                <Select
                  aria-label="Place"
                  allowDeselect={false}
                  w={220}
                  value={place}
                  data={places.map((one) => ({
                    value: one,
                    label: one === '' ? 'The device itself' : (items.find((item) => item.place === one)?.asset ?? one),
                  }))}
                  onChange={(next) => void navigate({ search: { ...search, place: next ?? undefined }, replace: true })}
                />
              ) : null}
            </div>
            <Charts deviceId={deviceId} values={items} place={place} />
          </div>
        );
      }}
    </Answer>
  );
}
