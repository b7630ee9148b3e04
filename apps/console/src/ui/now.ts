import { useSyncExternalStore } from 'react';

/** One clock for the whole page, ticking once a second while anything shows a relative time. */
let now = Date.now();
let timer: ReturnType<typeof setTimeout> | null = null;
const readers = new Set<() => void>();

const tick = () => {
  now = Date.now();
  for (const reader of readers) reader();
  timer = readers.size > 0 ? setTimeout(tick, 1000 - (now % 1000)) : null;
};

const subscribe = (reader: () => void) => {
  readers.add(reader);
  if (timer === null) timer = setTimeout(tick, 1000 - (Date.now() % 1000));
  return () => readers.delete(reader);
};

/** Milliseconds since the epoch, rounded to the second it was read in. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
