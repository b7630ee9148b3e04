import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { campaignQuery } from './campaigns.queries.js';

interface CampaignLinkProps {
  readonly campaignId: string;
  /** What the other campaign is to this one: "Rollback of". */
  readonly what: string;
}

/** Another campaign by what it is to this one and by its name. */
export function CampaignLink({ campaignId, what }: CampaignLinkProps) {
  const { data } = useQuery(campaignQuery(campaignId));
  return (
    <span>
      {what}{' '}
      <Link to="/campaigns/$campaignId" params={{ campaignId }} className="link">
        {data?.name ?? 'another campaign'}
      </Link>
    </span>
  );
}
