import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core';
import {
  IconChevronLeft,
  IconChevronRight,
  IconPlayerPause,
  IconPlayerPlay,
  IconZoomIn,
  IconZoomOut,
} from '@tabler/icons-react';
import { type Range, ranges } from '../../app/search.js';
import { moment } from '../../ui/format.js';
import { panned, zoomed } from '../../ui/time-window.js';
import classes from './telemetry.module.css';
import type { LiveTail } from './use-live-tail.js';
import type { ShownWindow } from './use-time-window.js';

const liveWords = {
  off: 'Paused while nobody looks',
  connecting: 'Connecting…',
  live: 'Live',
  absent: 'Asks every few seconds',
} as const;

interface RangePickerProps {
  readonly window: ShownWindow;
  readonly tail: LiveTail['state'];
}

/** Which stretch of time the charts show, and everything a hand does to it on the charts as buttons. */
export function RangePicker({ window, tail }: RangePickerProps) {
  const { shown, live } = window;
  const middle = (shown.from + shown.to) / 2;
  const steps = [
    ['Earlier', IconChevronLeft, () => panned(shown, -0.5, Date.now())],
    ['Later', IconChevronRight, () => panned(shown, 0.5, Date.now())],
    ['Zoom in', IconZoomIn, () => zoomed(shown, 0.5, middle, Date.now())],
    ['Zoom out', IconZoomOut, () => zoomed(shown, 2, middle, Date.now())],
  ] as const;
  return (
    <div className={classes.picker} role="toolbar" aria-label="Time">
      <SegmentedControl
        aria-label="Time range"
        value={live ? window.range : ''}
        data={[...ranges]}
        onChange={(range) => window.follow(range as Range)}
      />
      <span className={classes.steps}>
        {steps.map(([label, Icon, next]) => (
          <Tooltip key={label} label={label}>
            <ActionIcon
              variant="default"
              aria-label={label}
              onClick={() => {
                const { from, to } = next();
                window.move(from, to);
              }}
            >
              <Icon size={16} />
            </ActionIcon>
          </Tooltip>
        ))}
      </span>
      <Button
        variant="default"
        aria-pressed={live}
        leftSection={live ? <IconPlayerPause size={14} /> : <IconPlayerPlay size={14} />}
        onClick={() => (live ? window.move(shown.from, shown.to) : window.follow())}
      >
        {live ? 'Pause' : 'Back to live'}
      </Button>
      <span className={`${classes.when} num`} aria-live="polite">
        {live ? (
          <span className={classes.live} data-state={tail}>
            {liveWords[tail]}
          </span>
        ) : (
          `${moment(shown.from)} to ${moment(shown.to)}`
        )}
      </span>
    </div>
  );
}
