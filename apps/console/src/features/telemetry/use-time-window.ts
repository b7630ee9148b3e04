import { useDocumentVisibility } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Range } from '../../app/search.js';
import { useNow } from '../../ui/now.js';
import type { TimeWindow } from '../../ui/time-window.js';

const route = getRouteApi('/inside/devices/$deviceId');

const lengths: Record<Range, number> = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '6h': 6 * 3_600_000,
  '24h': 86_400_000,
  '7d': 7 * 86_400_000,
  '30d': 30 * 86_400_000,
  '1y': 365 * 86_400_000,
};

/** A moved window is asked for once the hand rests. */
const SETTLE_MS = 250;

export interface ShownWindow {
  /** What the axes show at this moment. */
  readonly shown: TimeWindow;
  /** What to ask for: at rest the same, while it is moved the last one at rest. */
  readonly settled: TimeWindow;
  readonly range: Range;
  /** The window ends now and moves on. */
  readonly live: boolean;
  /** Live, and somebody can see it. */
  readonly watching: boolean;
  readonly move: (from: number, to: number) => void;
  readonly follow: (range?: Range) => void;
}

/**
 * The window of the charts. A fixed one stands in the address as `from` and `to`; without them it is the newest `range`
 * and follows the clock in steps a chart can show, until somebody moves it.
 */
export const useTimeWindow = (): ShownWindow => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const visible = useDocumentVisibility() === 'visible';
  const now = useNow();
  const [moving, setMoving] = useState<TimeWindow | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const { range = '1h', from, to } = search;
  const fixed = from !== undefined && to !== undefined && to > from;
  const length = lengths[range];
  const step = Math.max(1_000, length / 720);
  const end = Math.ceil(now / step) * step;

  // Once the address has the window, it is the address that says it.
  useEffect(() => setMoving(null), [from, to, range]);
  useEffect(() => () => (timer.current ? clearTimeout(timer.current) : undefined), []);

  const settled = useMemo(
    () => (fixed ? { from, to } : { from: end - length, to: end }),
    [fixed, from, to, end, length],
  );
  const live = !fixed && moving === null;
  return {
    shown: moving ?? settled,
    settled,
    range,
    live,
    watching: live && visible,
    move: (start, stop) => {
      const wanted = { from: Math.round(start), to: Math.round(stop) };
      setMoving(wanted);
      if (timer.current) clearTimeout(timer.current);
      timer.current = setTimeout(
        () => void navigate({ search: (was) => ({ ...was, ...wanted }), replace: true }),
        SETTLE_MS,
      );
    },
    follow: (next = range) => {
      if (timer.current) clearTimeout(timer.current);
      setMoving(null);
      void navigate({ search: (was) => ({ ...was, range: next, from: undefined, to: undefined }), replace: true });
    },
  };
};
