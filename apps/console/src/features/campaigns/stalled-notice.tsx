import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { IconClockPause } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { many } from '../../ui/format.js';
import { RelativeTime } from '../../ui/relative-time.js';
import classes from './campaigns.module.css';

/** Work is left and nothing moves: said at the top, because a campaign that stands still looks like one that is fine. */
export function StalledNotice({ campaign }: { readonly campaign: Campaign }) {
  if (!campaign.stalledSince) return null;
  const left = campaign.counters.waiting + campaign.counters.queued + campaign.counters.inFlight;
  return (
    <div className={classes.stalled} role="status">
      <IconClockPause size={18} aria-hidden />
      <p>
        <b>Nothing has moved</b> since <RelativeTime at={campaign.stalledSince} />, with {many(left, 'device')} to go.
        {campaign.counters.inFlight > 0 ? (
          <>
            {' '}
            <Link
              to="."
              search={(before: object) => ({ ...before, tab: 'devices', state: undefined }) as never}
              className="link"
            >
              See who it waits for
            </Link>
          </>
        ) : null}
      </p>
    </div>
  );
}
