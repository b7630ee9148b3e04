import type { Release } from '@muster/contracts/releases/releases.schema';
import { Link } from '@tanstack/react-router';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { bytes, percent } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';

/** The deltas that lead to this release, and what each spares a device. */
export function DeltasPanel({ release }: { readonly release: Release }) {
  const full = release.artifact.size;
  return (
    <Panel title="Deltas" aside={<span className="quiet">to {bytes(full)} in full</span>} bare>
      {release.deltas.length === 0 ? (
        <EmptyState title="No delta is kept">
          A campaign builds one for each release its devices run, and keeps those that are smaller.
        </EmptyState>
      ) : (
        <DataTable
          caption="Deltas to this release"
          rows={release.deltas}
          rowKey={(row) => row.fromReleaseId}
          columns={[
            {
              key: 'from',
              head: 'From',
              cell: (row) => (
                <Link to="/releases/$releaseId" params={{ releaseId: row.fromReleaseId }} className="link num">
                  {row.fromVersion}
                </Link>
              ),
            },
            {
              key: 'size',
              head: 'Size',
              align: 'right',
              cell: (row) => <span className="num">{bytes(row.size)}</span>,
            },
            {
              key: 'spared',
              head: 'Spared',
              align: 'right',
              cell: (row) => <span className="num">{percent(1 - row.size / full)}</span>,
            },
            { key: 'built', head: 'Built', cell: (row) => <RelativeTime at={row.createdAt} /> },
          ]}
        />
      )}
    </Panel>
  );
}
