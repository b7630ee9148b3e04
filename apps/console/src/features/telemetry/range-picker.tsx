import { Button, SegmentedControl } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type Range, ranges } from '../../app/search.js';
import { moment } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';

const route = getRouteApi('/inside/devices/$deviceId');

const lengths: Record<Range, number> = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '6h': 6 * 3_600_000,
  '24h': 86_400_000,
  '7d': 7 * 86_400_000,
  '30d': 30 * 86_400_000,
};

export interface Shown {
  readonly from: number;
  readonly to: number;
  /** The range ends now and moves on. */
  readonly live: boolean;
}

/** The time range of the address: a fixed one after zooming, else the newest so-much, moving in steps a chart can show. */
export const useRange = (): Shown => {
  const { range = '1h', from, to } = route.useSearch();
  const now = useNow();
  const length = lengths[range];
  // Charts are about 700 points wide; moving by less than one of them would draw the same picture.
  const step = Math.max(5_000, length / 720);
  const end = Math.ceil(now / step) * step;
  return useMemo(
    () =>
      from !== undefined && to !== undefined && to > from
        ? { from, to, live: false }
        : { from: end - length, to: end, live: true },
    [from, to, end, length],
  );
};

export function RangePicker() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const shown = useRange();
  return (
    <>
      <SegmentedControl
        aria-label="Time range"
        value={shown.live ? (search.range ?? '1h') : ''}
        data={[...ranges]}
        onChange={(range) =>
          void navigate({ search: { ...search, range: range as Range, from: undefined, to: undefined }, replace: true })
        }
      />
      {shown.live ? (
        <span className="quiet">follows new readings; drag over a chart to zoom</span>
      ) : (
        <>
          <span className="num">
            {moment(shown.from)} to {moment(shown.to)}
          </span>
          <Button
            variant="default"
            onClick={() => void navigate({ search: { ...search, from: undefined, to: undefined }, replace: true })}
          >
            Back to live
          </Button>
        </>
      )}
    </>
  );
}
