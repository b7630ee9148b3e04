import type { Component } from '@muster/contracts/releases/releases.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { componentsQuery } from './releases.queries.js';

const keyOf = (row: Component) => `${row.name}@${row.version}|${row.purl}|${row.type}`;

const columns: readonly Column<Component>[] = [
  {
    key: 'name',
    head: 'Component',
    cell: (row) => (
      <Link to="/components" search={{ name: row.name }} className="link" title="Where else it is">
        {row.name}
      </Link>
    ),
  },
  { key: 'version', head: 'Version', cell: (row) => <span className="num">{row.version ?? '–'}</span> },
  { key: 'type', head: 'Type', cell: (row) => row.type ?? '–' },
  { key: 'licenses', head: 'Licenses', cell: (row) => row.licenses.join(', ') || '–' },
  { key: 'purl', head: 'Package URL', cell: (row) => (row.purl ? <code>{row.purl}</code> : '–') },
];

/** Components of one release, by name. */
export function ComponentsTable({ releaseId, name }: { readonly releaseId: string; readonly name: string }) {
  const query = useInfiniteQuery(componentsQuery(releaseId, name));
  return (
    <Answer query={query} lines={8}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items);
        if (rows.length === 0)
          return <EmptyState title={name ? `No component is called like “${name}”` : 'The SBOM names no component'} />;
        return (
          <DataTable
            caption="Components"
            columns={columns}
            rows={rows}
            rowKey={keyOf}
            total={pages[0]?.totalSize ?? null}
            virtual={rows.length > 20}
            onEnd={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
          />
        );
      }}
    </Answer>
  );
}
