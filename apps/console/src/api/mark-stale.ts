import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query';

export interface StaleMarks {
  readonly add: (keys: readonly QueryKey[]) => void;
  readonly stop: () => void;
}

/**
 * Marks answers stale at most once per key and window. A campaign over 200 devices sends hundreds of letters a second;
 * the page needs to read the campaign again once a second, not once a letter. An answer that is on its way may have been
 * read before the letter was written: it is neither cancelled, which a busy stream would do forever, nor taken for the
 * news, but asked again once it has arrived.
 */
export const markStale = (cache: QueryClient, windowMs: number): StaleMarks => {
  const waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const flush = () => {
    timer = null;
    for (const [hash, queryKey] of waiting) {
      if (cache.isFetching({ queryKey }) > 0) continue;
      waiting.delete(hash);
      void cache.invalidateQueries({ queryKey });
    }
    if (waiting.size > 0) timer = setTimeout(flush, windowMs);
  };
  return {
    add: (keys) => {
      for (const key of keys) waiting.set(hashKey(key), key);
      timer ??= setTimeout(flush, windowMs);
    },
    stop: () => {
      if (timer) clearTimeout(timer);
    },
  };
};
