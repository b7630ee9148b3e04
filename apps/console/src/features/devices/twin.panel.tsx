import { SegmentedControl } from '@mantine/core';
import type { Device, Twin } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { inline } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { DesiredEditor } from './desired-editor.js';
import classes from './devices.module.css';
import { twinQuery } from './devices.queries.js';
import { type TwinRow, twinRows } from './twin-rows.js';

function Rows({ rows }: { readonly rows: readonly TwinRow[] }) {
  return (
    <table className={classes.twin}>
      <caption className="visually-hidden">Twin, key by key</caption>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Desired</th>
          <th scope="col">Reported</th>
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.path}
            data-drift={row.drift ? '' : undefined}
            data-quiet={row.desired === undefined && !row.drift ? '' : undefined}
          >
            <th scope="row">
              <code>{row.path}</code>
            </th>
            <td>
              <code>{inline(row.desired)}</code>
            </td>
            <td>
              <code>{inline(row.reported)}</code>
            </td>
            <td>
              {row.drift ? (
                <>
                  <StatusBadge noun="drift" state={row.drift.class} />{' '}
                  <span className="soft">
                    {row.drift.cause} <RelativeTime at={row.drift.since} />
                  </span>
                </>
              ) : row.desired === undefined ? (
                'device only'
              ) : (
                <span className="quiet">same</span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Versions({ twin }: { readonly twin: Twin }) {
  return (
    <span className="num">
      desired v{twin.desiredVersion} <RelativeTime at={twin.desiredAt} /> · acknowledged v{twin.ackedVersion} · reported
      v{twin.reportedVersion} <RelativeTime at={twin.reportedAt} />
    </span>
  );
}

/** Desired beside reported, key by key, with the class of every difference; nothing is compared as text. */
export function TwinPanel({ device }: { readonly device: Device }) {
  const twin = useQuery(twinQuery(device.id));
  const [only, setOnly] = useState('all');
  return (
    <div className={layout.stack}>
      <Panel
        title="Twin"
        aside={twin.data ? <Versions twin={twin.data} /> : undefined}
        actions={
          <SegmentedControl
            aria-label="Which keys"
            value={only}
            onChange={setOnly}
            data={[
              { value: 'all', label: 'All keys' },
              { value: 'drift', label: 'Differences' },
            ]}
          />
        }
        bare
      >
        <Answer query={twin} lines={8}>
          {(value) => {
            const rows = twinRows(value).filter((row) => only === 'all' || row.drift);
            return rows.length === 0 ? (
              <EmptyState title={only === 'drift' ? 'No difference' : 'The twin is empty'}>
                {only === 'drift'
                  ? 'The device reports exactly what it should be.'
                  : 'Neither side has said anything yet.'}
              </EmptyState>
            ) : (
              <Rows rows={rows} />
            );
          }}
        </Answer>
      </Panel>
      {twin.data ? <DesiredEditor twin={twin.data} /> : null}
    </div>
  );
}
