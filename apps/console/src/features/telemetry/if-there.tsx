import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { asProblem } from '../../api/problem-error.js';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';

interface IfThereProps<T> {
  readonly query: UseQueryResult<T, Error>;
  /** What is missing when the control plane has no such route: "Ingest figures". */
  readonly what: string;
  readonly lines?: number;
  readonly children: (value: T) => ReactNode;
}

/** A query's content; said plainly to be absent where a control plane behind a newer console does not offer it. */
export function IfThere<T>({ query, what, lines, children }: IfThereProps<T>) {
  const status = query.isError ? asProblem(query.error).status : 0;
  if (query.data === undefined && (status === 404 || status === 501))
    return <EmptyState title={`${what} not available`}>This control plane does not offer it.</EmptyState>;
  return (
    <Answer query={query} {...(lines ? { lines } : {})}>
      {children}
    </Answer>
  );
}
