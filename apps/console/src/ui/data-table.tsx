import { columnVisibilityFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import classes from './data-table.module.css';
import { SortHead } from './sort-head.js';

export interface Column<Row> {
  readonly key: string;
  readonly head: string;
  /** What the column is for, where its head shows nothing. */
  readonly purpose?: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: 'right';
  readonly width?: string;
  /** The server's sort key; the header becomes a button. */
  readonly sort?: string;
}

interface DataTableProps<Row> {
  /** Says what the rows are; read by screen readers and tests. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly hidden?: readonly string[];
  /** How many rows there are on the server, for aria-rowcount; -1 when not known. */
  readonly total?: number | null;
  /** A scroller of its own with only the visible rows in the page. */
  readonly virtual?: boolean;
  readonly onEnd?: () => void;
  readonly onRow?: (row: Row) => void;
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
}

const features = tableFeatures({ columnVisibilityFeature });
const ROW = 37;

/** A real table: sticky head, keyboard-reachable rows through the links in them, virtual when it is long. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { columns, rows, virtual = false, onEnd, onRow, rowKey } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const visibility = useMemo(() => Object.fromEntries((props.hidden ?? []).map((key) => [key, false])), [props.hidden]);
  const defs = useMemo(
    () => columns.map((column) => ({ id: column.key, header: column.head, cell: () => null })),
    [columns],
  );
  const table = useTable({
    features,
    columns: defs,
    data: rows,
    getRowId: rowKey,
    state: { columnVisibility: visibility },
  });
  const shown = table.getVisibleLeafColumns().map((leaf) => columns.find((column) => column.key === leaf.id)!);
  const model = table.getRowModel().rows;
  const virtualizer = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    enabled: virtual,
  });
  const items = virtual ? virtualizer.getVirtualItems() : model.map((_, index) => ({ index, start: 0, end: 0 }));
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (virtual && onEnd && last >= model.length - 20) onEnd();
  }, [virtual, onEnd, last, model.length]);
  const above = virtual ? (items[0]?.start ?? 0) : 0;
  const below = virtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;

  return (
    <div ref={scroller} className={virtual ? classes.scroller : classes.plain}>
      <table className={classes.table} aria-rowcount={props.total ?? (virtual ? -1 : model.length)}>
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {shown.map((column) => (
              <SortHead key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {above > 0 ? <tr aria-hidden style={{ height: above }} /> : null}
          {items.map(({ index }) => {
            const row = model[index]!;
            return (
              <tr
                key={row.id}
                aria-rowindex={index + 2}
                className={onRow ? classes.pressable : undefined}
                onClick={
                  onRow
                    ? (event) => {
                        if (!(event.target as HTMLElement).closest('a, button, input')) onRow(row.original);
                      }
                    : undefined
                }
              >
                {shown.map((column) => (
                  <td key={column.key} data-align={column.align}>
                    {column.cell(row.original)}
                  </td>
                ))}
              </tr>
            );
          })}
          {below > 0 ? <tr aria-hidden style={{ height: below }} /> : null}
        </tbody>
      </table>
    </div>
  );
}
