import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import classes from './answer.module.css';
import { ProblemNotice } from './problem-notice.js';

interface AnswerProps<T> {
  readonly query: UseQueryResult<T, Error>;
  /** How many lines the finished content has, so that nothing jumps when it arrives. */
  readonly lines?: number;
  readonly children: (value: T) => ReactNode;
}

function Waiting({ lines }: { readonly lines: number }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={classes.waiting} role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={`line ${line + 1}`} height={14} width={`${94 - ((line * 17) % 38)}%`} visible={shown} />
      ))}
    </div>
  );
}

/** A query's content, or its skeleton, or its problem in place. Content already read stays when a refresh fails. */
export function Answer<T>({ query, lines = 4, children }: AnswerProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError)
    return (
      <div className={classes.problem}>
        <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  return <Waiting lines={lines} />;
}
