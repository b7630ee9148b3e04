import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQuery } from '@tanstack/react-query';
import { count } from '../../ui/format.js';
import { stopPreviewQuery } from './campaigns.queries.js';

/** What a stop does to whom, counted now and again while the dialog is open. */
export function StopEffects({ campaign }: { readonly campaign: Campaign }) {
  const preview = useQuery(stopPreviewQuery(campaign.id));
  const { counters } = campaign;
  const groups = preview.data?.groups.filter((group) => group.count > 0);
  return (
    <ul aria-live="polite" aria-label="What happens to whom">
      {groups ? (
        groups.length === 0 ? (
          <li>No device is touched.</li>
        ) : (
          groups.map((group) => (
            <li key={group.effect} data-effect={group.effect}>
              {group.sentence}
            </li>
          ))
        )
      ) : (
        <>
          <li>
            <strong>{count(counters.waiting + counters.queued)}</strong> not started: will not start.
          </li>
          <li>
            <strong>{count(counters.inFlight)}</strong> in flight: cancelled if they have not begun to install; those
            past that point finish, and return by themselves if they fail.
          </li>
          <li>
            <strong>{count(counters.succeeded)}</strong> already updated: stay as they are. Roll back returns them.
          </li>
        </>
      )}
    </ul>
  );
}
