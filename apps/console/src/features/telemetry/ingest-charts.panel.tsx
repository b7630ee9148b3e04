import type { IngestSlot } from '@muster/contracts/telemetry/ingest.schema';
import { useMemo } from 'react';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { TimeSeries } from '../../ui/time-series.js';
import { rateColumns, timingColumns } from './ingest-columns.js';
import classes from './telemetry.module.css';

const HOUR = 3_600_000;
const none = () => '';

function Keys({ lines }: { readonly lines: readonly { label: string; colour?: string }[] }) {
  return lines.map(({ label, colour }) => (
    <span key={label} className={classes.key}>
      <i style={{ background: `var(${colour})` }} aria-hidden />
      {label}
    </span>
  ));
}

/** The last hour of the ingest: what was stored, what was not and how long it took. */
export function IngestChartsPanel({ slots, until }: { readonly slots: readonly IngestSlot[]; readonly until: number }) {
  const charts = useMemo(
    () => ({
      stored: [{ label: 'stored', columns: rateColumns(slots, 'stored'), colour: '--accent-2' as const }],
      other: [
        { label: 'duplicates', columns: rateColumns(slots, 'duplicates'), colour: '--second' as const },
        { label: 'dead-lettered', columns: rateColumns(slots, 'deadLettered'), colour: '--bad-2' as const },
        { label: 'held back', columns: rateColumns(slots, 'shed'), colour: '--warn-2' as const },
      ],
      commit: [{ label: 'commit', columns: timingColumns(slots, 'commitMs') }],
      lag: [{ label: 'lag', columns: timingColumns(slots, 'lagMs', 1000) }],
    }),
    [slots],
  );
  if (slots.length === 0)
    return (
      <Panel title="Messages a second">
        <EmptyState title="Nothing came in during the last hour">
          Figures appear within seconds of the first message.
        </EmptyState>
      </Panel>
    );
  const frame = { from: until - HOUR, to: until, form: 'line', flagWords: none, syncKey: 'ingest' } as const;
  return (
    <>
      <div className={layout.halves}>
        <Panel title="Stored" aside="messages a second">
          <TimeSeries {...frame} title="Messages stored" unit="/s" lines={charts.stored} height={190} />
        </Panel>
        <Panel title="Not stored" aside="messages a second">
          <TimeSeries
            {...frame}
            title="Duplicates, dead letters and messages held back"
            unit="/s"
            lines={charts.other}
            height={190}
            idle={<Keys lines={charts.other} />}
          />
        </Panel>
      </div>
      <div className={layout.halves}>
        <Panel title="From arrival to commit" aside="milliseconds, median, band to the slowest 1%">
          <TimeSeries {...frame} title="Time from arrival to commit" unit="ms" lines={charts.commit} height={130} />
        </Panel>
        <Panel title="From the device’s clock to commit" aside="seconds, median, band to the slowest 1%">
          <TimeSeries {...frame} title="Lag" unit="s" lines={charts.lag} height={130} />
        </Panel>
      </div>
    </>
  );
}
