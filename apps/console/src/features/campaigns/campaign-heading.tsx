import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { Link } from '@tanstack/react-router';
import { bytes, many, moment, percent, words } from '../../ui/format.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { CampaignLink } from './campaign-link.js';

function Subject({ campaign }: { readonly campaign: Campaign }) {
  if (campaign.releaseId)
    return (
      <Link to="/releases/$releaseId" params={{ releaseId: campaign.releaseId }} className="link">
        {campaign.releaseName} {campaign.releaseVersion}
      </Link>
    );
  if (campaign.configId)
    return (
      <Link to="/configs/$configId" params={{ configId: campaign.configId }} className="link">
        Golden config, version {campaign.configNumber}
      </Link>
    );
  return <>{words(campaign.command?.name ?? campaign.kind)}</>;
}

/** What was sent, and what deltas spared of it; nothing while nothing was. */
const volumeText = ({ bytesSent = 0, bytesSpared = 0 }: Campaign): string | null => {
  if (bytesSent + bytesSpared === 0) return null;
  const spared =
    bytesSpared > 0
      ? `, deltas spared ${bytes(bytesSpared)} (${percent(bytesSpared / (bytesSent + bytesSpared), 0)})`
      : '';
  return `${bytes(bytesSent)} sent${spared}`;
};

/** The line under a campaign's name: what, to how many, since when, by whom, how much, and its relatives. */
export function CampaignHeading({ campaign }: { readonly campaign: Campaign }) {
  const volume = volumeText(campaign);
  return (
    <>
      <span>
        <Subject campaign={campaign} />
      </span>
      {campaign.startedAt ? <span className="num">{many(campaign.targets, 'target')}</span> : null}
      <span>
        {campaign.startedAt ? (
          <>
            started <RelativeTime at={campaign.startedAt} />
          </>
        ) : campaign.state === 'scheduled' && campaign.plan.startAt ? (
          `starts ${moment(campaign.plan.startAt)}`
        ) : (
          'not started'
        )}{' '}
        · by {campaign.createdBy}
        {campaign.approvedBy ? `, approved by ${campaign.approvedBy}` : ''}
      </span>
      {volume ? <span className="num">{volume}</span> : null}
      {campaign.parentId ? <CampaignLink what="Rollback of" campaignId={campaign.parentId} /> : null}
      {campaign.childId ? <CampaignLink what="Rolled back by" campaignId={campaign.childId} /> : null}
      {campaign.retryOf ? <CampaignLink what="Retry of" campaignId={campaign.retryOf} /> : null}
      {campaign.supersedes ? <CampaignLink what="Took the place of" campaignId={campaign.supersedes} /> : null}
      {campaign.supersededBy ? <CampaignLink what="Replaced by" campaignId={campaign.supersededBy} /> : null}
    </>
  );
}
