import type { QueryClient } from '@tanstack/react-query';
import { staleBy } from './live-letters.js';
import { markStale } from './mark-stale.js';

export type LiveState = 'connecting' | 'live' | 'reconnecting';

interface Feed {
  state: LiveState;
  /** When the stream last said anything, ms since the epoch. */
  since: number;
}

let feed: Feed = { state: 'connecting', since: Date.now() };
const readers = new Set<() => void>();

const become = (state: LiveState) => {
  if (feed.state === state) return;
  feed = { state, since: Date.now() };
  for (const reader of readers) reader();
};

export const readLive = (): Feed => feed;
export const watchLive = (reader: () => void): (() => void) => {
  readers.add(reader);
  return () => readers.delete(reader);
};

/**
 * Opens the page's one stream. The browser reconnects by itself and resumes by Last-Event-ID; after a silence long
 * enough to have lost letters everything shown is read again.
 */
export const openLive = (cache: QueryClient): (() => void) => {
  const stale = markStale(cache, 300);
  let source: EventSource;
  let retry: ReturnType<typeof setTimeout> | null = null;

  const connect = () => {
    source = new EventSource('/api/v1/live');
    source.onopen = () => {
      if (feed.state === 'reconnecting') void cache.invalidateQueries();
      become('live');
    };
    source.onerror = () => {
      become('reconnecting');
      // A refusal (an ended session, a 502 while the server restarts) closes the stream for good; start a new one.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, 2000);
    };
    source.addEventListener('resync', () => void cache.invalidateQueries());
    for (const [type, keysFor] of Object.entries(staleBy))
      source.addEventListener(type, (event) => stale.add(keysFor(JSON.parse((event as MessageEvent<string>).data))));
  };
  connect();

  return () => {
    if (retry) clearTimeout(retry);
    stale.stop();
    source.close();
  };
};
