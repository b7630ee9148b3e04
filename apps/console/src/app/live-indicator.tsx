import { Tooltip } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { readLive, watchLive } from '../api/live.js';
import { duration } from '../ui/format.js';
import { useNow } from '../ui/now.js';
import classes from './live-indicator.module.css';

const texts = {
  connecting: ['Connecting', 'Opening the live stream'],
  live: ['Live', 'Changes arrive as they happen'],
  reconnecting: ['Reconnecting', 'What you see may be out of date; it catches up by itself'],
} as const;

/** Whether the page hears changes as they happen. */
export function LiveIndicator() {
  const { state, since } = useSyncExternalStore(watchLive, readLive);
  const now = useNow();
  const [word, meaning] = texts[state];
  return (
    <Tooltip label={`${meaning} (${duration(now - since)})`}>
      <span
        className={classes.live}
        data-state={state}
        role="status"
        aria-label={`Live updates: ${word.toLowerCase()}`}
      >
        <i aria-hidden />
        {word}
      </span>
    </Tooltip>
  );
}
