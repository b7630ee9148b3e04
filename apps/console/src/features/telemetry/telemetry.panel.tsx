import type { LatestValue } from '@muster/contracts/telemetry/telemetry.schema';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { deviceQuery } from '../devices/devices.queries.js';
import { AnomaliesPanel } from './anomalies.panel.js';
import { anomaliesQuery } from './anomalies.queries.js';
import { ChartTools } from './chart-tools.js';
import { Charts } from './charts.js';
import { RangePicker } from './range-picker.js';
import { latestQuery } from './telemetry.queries.js';
import { useLiveTail } from './use-live-tail.js';
import { useTimeWindow } from './use-time-window.js';

const route = getRouteApi('/inside/devices/$deviceId');

/** Charts at once unless somebody chooses more: a screen or two of them. */
const FIRST = 9;

interface ChartsOfDeviceProps {
  readonly deviceId: string;
  readonly items: readonly LatestValue[];
}

function ChartsOfDevice({ deviceId, items }: ChartsOfDeviceProps) {
  const search = route.useSearch();
  const window = useTimeWindow();
  const tail = useLiveTail(deviceId, window.watching);
  const device = useQuery(deviceQuery(deviceId)).data;
  const compare = useQuery({ ...deviceQuery(search.compare ?? ''), enabled: search.compare !== undefined }).data;
  const anomalies = useQuery(anomaliesQuery({ deviceId })).data?.items ?? [];
  const places = [...new Set(items.map((value) => value.place ?? ''))].sort();
  const place = search.place !== undefined && places.includes(search.place) ? search.place : places[0]!;
  const here = items.filter((value) => (value.place ?? '') === place);
  const wanted = search.metrics?.split(',');
  const chosen = wanted ? here.filter(({ metric }) => wanted.includes(metric)) : here.slice(0, FIRST);
  const values = chosen.length > 0 ? chosen : here.slice(0, FIRST);
  return (
    <div className={layout.stack}>
      <RangePicker window={window} tail={tail.state} />
      <ChartTools
        deviceId={deviceId}
        values={items}
        place={place}
        metrics={values.map(({ metric }) => metric)}
        window={window}
      />
      <AnomaliesPanel deviceId={deviceId} />
      <Charts
        device={{ id: deviceId, name: device?.name ?? 'this device' }}
        compare={search.compare && compare ? { id: search.compare, name: compare.name } : null}
        values={values}
        place={place}
        downsample={search.draw === 'shape' ? 'lttb' : 'buckets'}
        window={window}
        tail={tail}
        spansOf={(metric) =>
          anomalies
            .filter((one) => one.metric === metric && (one.place ?? '') === place)
            .map((one) => ({
              from: Date.parse(one.since),
              to: Date.parse(one.closedAt ?? one.lastSeenAt),
            }))
        }
      />
      <p className="quiet">
        Drag moves, Shift and drag or Ctrl and the wheel zooms, a double click goes back to live. On a focused chart the
        arrows move, + and − zoom and 0 goes back.
      </p>
    </div>
  );
}

/** Charts of a device: one per metric, sharing time and cursor. */
export function TelemetryPanel({ deviceId }: { readonly deviceId: string }) {
  const latest = useQuery(latestQuery(deviceId));
  return (
    <Answer query={latest} lines={10}>
      {({ items }) =>
        items.length === 0 ? (
          <Panel title="Telemetry">
            <EmptyState title="No telemetry yet">
              The first readings appear here within seconds of the device sending them.
            </EmptyState>
          </Panel>
        ) : (
          <ChartsOfDevice deviceId={deviceId} items={items} />
        )
      }
    </Answer>
  );
}
