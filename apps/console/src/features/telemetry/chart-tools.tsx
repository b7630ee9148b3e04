import { Button, MultiSelect, Select } from '@mantine/core';
import type { LatestValue } from '@muster/contracts/telemetry/telemetry.schema';
import { IconDownload } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { useMay } from '../access/session.queries.js';
import { DeviceSelect } from './device-select.js';
import { ExportDialog } from './export-dialog.js';
import { metricName } from './metric-name.js';
import type { ShownWindow } from './use-time-window.js';

const route = getRouteApi('/inside/devices/$deviceId');

interface ChartToolsProps {
  readonly deviceId: string;
  readonly values: readonly LatestValue[];
  readonly place: string;
  readonly metrics: readonly string[];
  readonly window: ShownWindow;
}

/** What the charts show of a device: place, metrics, another device beside it, shape or range. All of it stands in the address. */
export function ChartTools({ deviceId, values, place, metrics, window }: ChartToolsProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayExport = useMay('telemetry:export');
  const [exporting, setExporting] = useState(false);
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (was) => ({ ...was, ...next }), replace: true });
  const places = [...new Set(values.map((value) => value.place ?? ''))].sort();
  const here = values.filter((value) => (value.place ?? '') === place);
  return (
    <div className={layout.filters}>
      {places.length > 1 ? (
        <Select
          aria-label="Place"
          allowDeselect={false}
          w={210}
          value={place}
          data={places.map((one) => ({
            value: one,
            label: one === '' ? 'The device itself' : (values.find((value) => value.place === one)?.asset ?? one),
          }))}
          onChange={(next) => change({ place: next ?? undefined, metrics: undefined })}
        />
      ) : null}
      <MultiSelect
        aria-label="Metrics"
        placeholder={search.metrics ? undefined : `All ${many(here.length, 'metric')}`}
        miw={180}
        maw={420}
        searchable
        clearable
        maxValues={12}
        clearButtonProps={{ 'aria-label': 'Show all metrics' }}
        data={here.map((value) => ({ value: value.metric, label: metricName(value.metric, value.title, null).title }))}
        value={search.metrics ? [...metrics] : []}
        onChange={(next) => change({ metrics: next.length > 0 ? next.join(',') : undefined })}
      />
      <DeviceSelect
        aria-label="Compare with"
        placeholder="Compare with a device…"
        clearButtonProps={{ 'aria-label': 'Stop comparing' }}
        w={210}
        except={deviceId}
        deviceId={search.compare}
        onChange={(compare) => change({ compare })}
      />
      <Select
        aria-label="Draw"
        allowDeselect={false}
        w={170}
        value={search.draw ?? 'range'}
        data={[
          { value: 'range', label: 'Average and range' },
          { value: 'shape', label: 'Shape of readings' },
        ]}
        onChange={(draw) => change({ draw: draw === 'shape' ? 'shape' : undefined })}
      />
      <Button
        variant="default"
        leftSection={<IconDownload size={14} />}
        disabled={!mayExport}
        title={mayExport ? undefined : 'Needs the permission telemetry:export'}
        onClick={() => setExporting(true)}
      >
        Export…
      </Button>
      {exporting ? (
        <ExportDialog
          deviceIds={search.compare ? [deviceId, search.compare] : [deviceId]}
          metrics={metrics}
          window={window.shown}
          onClose={() => setExporting(false)}
        />
      ) : null}
    </div>
  );
}
