import type { Component, SbomDiff } from '@muster/contracts/releases/releases.schema';
import { useQuery } from '@tanstack/react-query';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, many } from '../../ui/format.js';
import classes from './releases.module.css';
import { sbomDiffQuery } from './releases.queries.js';

interface Change {
  readonly key: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly name: string;
  readonly from: Component | null;
  readonly to: Component | null;
}

/** One row a change, by name; what changed first, since it is what people look for. */
const rowsOf = (diff: SbomDiff): Change[] => [
  ...diff.changed.map(({ name, from, to }, i) => ({ key: `c${i}`, kind: 'changed' as const, name, from, to })),
  ...diff.added.map((to, i) => ({ key: `a${i}`, kind: 'added' as const, name: to.name, from: null, to })),
  ...diff.removed.map((from, i) => ({ key: `r${i}`, kind: 'removed' as const, name: from.name, from, to: null })),
];

const said = (one: Component | null, other: Component | null) => {
  if (one === null) return <span className="quiet">–</span>;
  const licenses = other && one.licenses.join() !== other.licenses.join() ? one.licenses.join(', ') : '';
  return (
    <span className="num">
      {one.version ?? 'no version'}
      {licenses ? <span className="quiet"> · {licenses}</span> : null}
    </span>
  );
};

const columns = (diff: SbomDiff): readonly Column<Change>[] => [
  {
    key: 'kind',
    head: 'Change',
    width: '110px',
    cell: (row) => (
      <span className={classes.change} data-kind={row.kind}>
        {row.kind}
      </span>
    ),
  },
  { key: 'name', head: 'Component', cell: (row) => row.name },
  { key: 'from', head: diff.from.version, cell: (row) => said(row.from, row.to) },
  { key: 'to', head: diff.to.version, cell: (row) => said(row.to, row.from) },
];

/** What became of the components since another release. */
export function SbomDiffTable({ releaseId, from }: { readonly releaseId: string; readonly from: string }) {
  const query = useQuery(sbomDiffQuery(releaseId, from));
  return (
    <Answer query={query} lines={6}>
      {(diff) => {
        const rows = rowsOf(diff);
        const summary = `${count(diff.changed.length)} changed, ${count(diff.added.length)} added, ${count(diff.removed.length)} removed; ${many(diff.unchanged, 'component')} unchanged since ${diff.from.version}.`;
        return (
          <>
            <p className={`${classes.summary} soft`}>{summary}</p>
            {rows.length === 0 ? (
              <EmptyState title="Both are made of the same components" />
            ) : (
              <DataTable
                caption={`Changes since ${diff.from.version}`}
                columns={columns(diff)}
                rows={rows}
                rowKey={(row) => row.key}
                virtual={rows.length > 40}
              />
            )}
          </>
        );
      }}
    </Answer>
  );
}
