import { Button } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Answer } from './answer.js';

interface PagedListProps<Row> {
  readonly query: UseInfiniteQueryResult<InfiniteData<{ readonly items: Row[] }>, Error>;
  /** What to say when there is nothing at all. */
  readonly empty: ReactNode;
  readonly lines?: number;
  readonly children: (rows: Row[]) => ReactNode;
}

/** A list that comes a page at a time: its rows, what to say without any, and a way to the rest. */
export function PagedList<Row>({ query, empty, lines = 4, children }: PagedListProps<Row>) {
  return (
    <>
      <Answer query={query} lines={lines}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          return rows.length === 0 ? empty : children(rows);
        }}
      </Answer>
      {query.hasNextPage ? (
        <Button
          variant="subtle"
          color="gray"
          fullWidth
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          More
        </Button>
      ) : null}
    </>
  );
}
