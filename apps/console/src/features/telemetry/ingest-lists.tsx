import type { IngestProcess, IngestStatus } from '@muster/contracts/telemetry/ingest.schema';
import { Link } from '@tanstack/react-router';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { bytes, count } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import classes from './telemetry.module.css';

/** A process reports every few seconds; one silent for longer is not known to live. */
const SILENT_MS = 30_000;

export function ProcessesPanel({ processes }: { readonly processes: readonly IngestProcess[] }) {
  const now = useNow();
  return (
    <Panel title="Processes" aside={count(processes.length)} bare>
      {processes.length === 0 ? (
        <EmptyState title="No process has reported">Messages wait at the devices until one takes them.</EmptyState>
      ) : (
        <DataTable
          caption="Processes that take messages"
          rows={processes}
          rowKey={(row) => row.name}
          columns={[
            { key: 'name', head: 'Process', cell: (row) => row.name },
            { key: 'doors', head: 'Doors', cell: (row) => row.doors.join(', ') || '—' },
            {
              key: 'state',
              head: 'State',
              cell: (row) =>
                now - Date.parse(row.seenAt) > SILENT_MS ? (
                  <span className={classes.bad}>silent</span>
                ) : row.paused ? (
                  <span className={classes.warn}>paused: the database does not keep up</span>
                ) : (
                  'takes messages'
                ),
            },
            { key: 'waiting', head: 'Waiting', align: 'right', cell: (row) => count(row.waiting) },
            { key: 'rss', head: 'Memory', align: 'right', cell: (row) => bytes(row.rssBytes) },
            { key: 'seen', head: 'Reported', align: 'right', cell: (row) => <RelativeTime at={row.seenAt} /> },
          ]}
        />
      )}
    </Panel>
  );
}

export function FloodingPanel({ flooding }: { readonly flooding: IngestStatus['flooding'] }) {
  return (
    <Panel title="Devices held back" aside={flooding.length > 0 ? count(flooding.length) : undefined} bare>
      {flooding.length === 0 ? (
        <EmptyState title="None">No device sends more than it may.</EmptyState>
      ) : (
        <DataTable
          caption="Devices held back"
          rows={flooding}
          rowKey={(row) => row.deviceId}
          columns={[
            {
              key: 'name',
              head: 'Device',
              cell: (row) => (
                <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
                  {row.name}
                </Link>
              ),
            },
            { key: 'since', head: 'Since', cell: (row) => <RelativeTime at={row.since} /> },
            { key: 'shed', head: 'Held back', align: 'right', cell: (row) => count(row.shed) },
          ]}
        />
      )}
    </Panel>
  );
}

export function DeadLetterReasonsPanel({ reasons }: { readonly reasons: IngestStatus['deadLetters'] }) {
  return (
    <Panel
      title="Dead letters"
      actions={
        <Link to="/dead-letters" className="link">
          All
        </Link>
      }
      bare
    >
      {reasons.length === 0 ? (
        <EmptyState title="None open">Every message that arrived was taken.</EmptyState>
      ) : (
        <DataTable
          caption="Open dead letters by reason"
          rows={reasons}
          rowKey={(row) => row.reason}
          columns={[
            {
              key: 'reason',
              head: 'Reason',
              cell: (row) => (
                <Link to="/dead-letters" search={{ reason: row.reason }} className="link">
                  <code>{row.reason}</code>
                </Link>
              ),
            },
            { key: 'count', head: 'Messages', align: 'right', cell: (row) => count(row.count) },
          ]}
        />
      )}
    </Panel>
  );
}
