import { DataTable } from '../../ui/data-table.js';
import { many } from '../../ui/format.js';
import { StatusBadge } from '../../ui/status-badge.js';
import classes from './enrollment.module.css';

export interface ReportRow {
  readonly row: number;
  readonly outcome: 'created' | 'existing' | 'failed';
  readonly about: string | null;
  readonly message: string | null;
}

/** What became of each row, those that failed first: a bad row fails alone and says why. */
export function RowReport({ rows }: { readonly rows: readonly ReportRow[] }) {
  const of = (outcome: ReportRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const failed = of('failed');
  const existing = of('existing');
  const ordered = [...rows].sort(
    (a, b) => Number(b.outcome === 'failed') - Number(a.outcome === 'failed') || a.row - b.row,
  );
  return (
    <>
      <p role="status">
        <b>{many(of('created'), 'row')} created</b>
        {existing > 0 ? `, ${many(existing, 'row')} as before` : ''}
        {failed > 0 ? <b className={classes.failed}>, {many(failed, 'row')} failed</b> : ', none failed'}.
      </p>
      <div className={classes.report}>
        <DataTable
          caption="Report"
          rows={ordered}
          rowKey={(row) => String(row.row)}
          virtual
          columns={[
            { key: 'row', head: 'Row', align: 'right', cell: (row) => row.row },
            { key: 'about', head: 'Serial', cell: (row) => <code>{row.about ?? '—'}</code> },
            { key: 'outcome', head: 'Outcome', cell: (row) => <StatusBadge noun="bulkRow" state={row.outcome} /> },
            { key: 'message', head: '', purpose: 'Why', cell: (row) => row.message },
          ]}
        />
      </div>
    </>
  );
}
