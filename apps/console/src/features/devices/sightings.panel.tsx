import type { Device } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { Answer } from '../../ui/answer.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { sightingsQuery } from './devices.queries.js';

/** Where the identity was used lately: one certificate from two addresses at once is what a copy looks like. */
export function SightingsPanel({ device }: { readonly device: Device }) {
  const sightings = useQuery(sightingsQuery(device.id));
  return (
    <Panel title="Where it connects from" aside="newest first" bare>
      <Answer query={sightings} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Not seen yet">The address of each connection stands here.</EmptyState>
          ) : (
            <DataTable
              caption="Where it connects from"
              rows={items}
              rowKey={(row) => `${row.fingerprint} ${row.address}`}
              columns={[
                {
                  key: 'address',
                  head: 'Address',
                  cell: (row) => (
                    <>
                      <code>{row.address}</code>
                      {row.connected ? <b> connected now</b> : null}
                    </>
                  ),
                },
                {
                  key: 'certificate',
                  head: 'Certificate',
                  cell: (row) => <code title={row.fingerprint}>{row.fingerprint.slice(0, 12)}…</code>,
                },
                { key: 'sessions', head: 'Sessions', align: 'right', cell: (row) => count(row.sessions) },
                { key: 'first', head: 'First', cell: (row) => <RelativeTime at={row.firstAt} /> },
                { key: 'last', head: 'Last', cell: (row) => <RelativeTime at={row.lastAt} /> },
              ]}
            />
          )
        }
      </Answer>
    </Panel>
  );
}
