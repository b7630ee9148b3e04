import { Menu } from '@mantine/core';
import { retryCampaign } from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useNavigate } from '@tanstack/react-router';
import { useAction } from '../../api/use-action.js';
import { many } from '../../ui/format.js';
import { useMay } from '../access/session.queries.js';
import { outcomes } from './campaign-parts.js';

/** Drafts a campaign over the devices that failed. Nothing is sent before that draft is launched, so nothing is asked here. */
export function RetryItem({ campaign }: { readonly campaign: Campaign }) {
  const navigate = useNavigate();
  const may = useMay('campaign:write');
  const retry = useAction(retryCampaign, {
    stale: [['campaigns']],
    onDone: (made) => void navigate({ to: '/campaigns/$campaignId/edit', params: { campaignId: made.id } }),
  });
  return (
    <Menu.Item
      disabled={!may}
      title={may ? 'Drafts a campaign over them; nothing is sent yet' : 'Needs the permission campaign:write'}
      closeMenuOnClick={false}
      onClick={() => retry.mutate({ params: { campaignId: campaign.id }, body: {} })}
    >
      {retry.isError
        ? `Not possible: ${retry.error.problem.title.toLowerCase()}`
        : `Retry ${many(outcomes(campaign.counters).bad, 'failed device')}…`}
    </Menu.Item>
  );
}
