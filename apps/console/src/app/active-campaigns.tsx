import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { campaignsQuery } from '../features/campaigns/campaigns.queries.js';
import { needOf } from '../features/campaigns/needs-you.js';
import { many } from '../ui/format.js';
import classes from './active-campaigns.module.css';

/** While campaigns run, every page says so and says first what needs a person. */
export function ActiveCampaigns() {
  const { data } = useQuery(campaignsQuery({ active: 'true', pageSize: 50 }));
  const active = data?.items ?? [];
  const stuck = active.filter((one) => needOf(one) !== null);
  if (active.length === 0) return null;
  const text =
    stuck.length > 0
      ? `${many(stuck.length, 'campaign')} need${stuck.length === 1 ? 's' : ''} you`
      : `${many(active.length, 'campaign')} active`;
  const only = (stuck.length > 0 ? stuck : active).length === 1 ? (stuck[0] ?? active[0]) : undefined;
  return only ? (
    <Link
      to="/campaigns/$campaignId"
      params={{ campaignId: only.id }}
      className={classes.pill}
      data-stuck={stuck.length > 0 || undefined}
    >
      {text}
    </Link>
  ) : (
    <Link
      to="/campaigns"
      search={{ active: 'true' }}
      className={classes.pill}
      data-stuck={stuck.length > 0 || undefined}
    >
      {text}
    </Link>
  );
}
