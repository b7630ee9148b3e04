import { QueryClient } from '@tanstack/react-query';
import { asProblem } from './problem-error.js';

/** The page's one cache. Letters of the live stream make answers stale, so nothing polls unless it says so. */
export const makeCache = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 2 && asProblem(error).retryable,
        retryDelay: (attempt) => 500 * 2 ** attempt,
      },
    },
  });
