import { Button, Modal, Select } from '@mantine/core';
import { exportTelemetry } from '@muster/contracts/telemetry/telemetry.routes';
import type { ExportQuery } from '@muster/contracts/telemetry/telemetry.schema';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { urlFor } from '../../api/call.js';
import { many, moment } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import type { TimeWindow } from '../../ui/time-window.js';

const formats: readonly { value: ExportQuery['format']; label: string }[] = [
  { value: 'csv', label: 'CSV, for spreadsheets' },
  { value: 'jsonl', label: 'JSON lines, for programs' },
  { value: 'parquet', label: 'Parquet, for data tools' },
];
const grains: readonly { value: ExportQuery['resolution']; label: string }[] = [
  { value: 'raw', label: 'Every reading' },
  { value: 'hour', label: 'Hourly aggregates' },
  { value: 'day', label: 'Daily aggregates' },
  { value: 'week', label: 'Weekly aggregates' },
];

interface ExportDialogProps {
  readonly deviceIds: readonly string[];
  readonly metrics: readonly string[];
  readonly window: TimeWindow;
  readonly onClose: () => void;
}

/** Takes what the charts show away as a file. The browser fetches it, so its size does not matter to this page. */
export function ExportDialog({ deviceIds, metrics, window, onClose }: ExportDialogProps) {
  const [format, setFormat] = useState<ExportQuery['format']>('csv');
  const [resolution, setResolution] = useState<ExportQuery['resolution']>('raw');
  const [which, setWhich] = useState('shown');
  const href = urlFor(
    exportTelemetry.path,
    {},
    {
      devices: deviceIds.join(','),
      metrics: which === 'shown' ? metrics.join(',') : undefined,
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      resolution,
      format,
    },
  );
  return (
    <Modal opened onClose={onClose} title="Export readings" size={460}>
      <div className={layout.form}>
        <p className="soft">
          {many(deviceIds.length, 'device')}, {moment(window.from)} to {moment(window.to)}, with site, place and asset.
          The export is noted in the audit trail; personal metrics need the permission telemetry:personal.
        </p>
        <Select
          label="Format"
          allowDeselect={false}
          data={formats}
          value={format}
          onChange={(next) => setFormat(next as typeof format)}
        />
        <Select
          label="Resolution"
          allowDeselect={false}
          data={grains}
          value={resolution}
          onChange={(next) => setResolution(next as typeof resolution)}
        />
        <Select
          label="Metrics"
          allowDeselect={false}
          data={[
            { value: 'shown', label: `The ${many(metrics.length, 'metric')} shown` },
            { value: 'all', label: 'All metrics' },
          ]}
          value={which}
          onChange={(next) => setWhich(next ?? 'shown')}
        />
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button component="a" href={href} download leftSection={<IconDownload size={14} />} onClick={onClose}>
            Export
          </Button>
        </div>
      </div>
    </Modal>
  );
}
