import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import classes from './data-table.module.css';

interface SortHeadProps {
  readonly column: {
    readonly head: string;
    readonly purpose?: string;
    readonly sort?: string;
    readonly align?: 'right';
    readonly width?: string;
  };
  readonly sort?: string | undefined;
  readonly onSort?: ((sort: string) => void) | undefined;
}

/** A column's header; a button where the server can sort by it. `-key` means descending. */
export function SortHead({ column, sort, onSort }: SortHeadProps) {
  const key = column.sort;
  if (!key || !onSort)
    return (
      <th scope="col" data-align={column.align} style={{ width: column.width }}>
        {column.head || <span className="visually-hidden">{column.purpose ?? 'Actions'}</span>}
      </th>
    );
  const rising = sort === key;
  const falling = sort === `-${key}`;
  return (
    <th
      scope="col"
      data-align={column.align}
      style={{ width: column.width }}
      aria-sort={rising ? 'ascending' : falling ? 'descending' : 'none'}
    >
      <button type="button" className={classes.sort} onClick={() => onSort(rising ? `-${key}` : key)}>
        {column.head}
        {rising ? <IconArrowUp size={12} aria-hidden /> : falling ? <IconArrowDown size={12} aria-hidden /> : null}
      </button>
    </th>
  );
}
