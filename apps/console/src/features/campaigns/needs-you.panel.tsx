import { Button } from '@mantine/core';
import type { CampaignSummary } from '@muster/contracts/campaigns/campaigns.schema';
import { Link } from '@tanstack/react-router';
import { count } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { usePrincipal } from '../access/session.queries.js';
import classes from './campaigns.module.css';
import { type Need, needOf, needWords } from './needs-you.js';

const urgency: readonly Need[] = ['halted', 'stalled', 'no_data', 'approval', 'held'];

const doing: Record<Need, string> = {
  approval: 'Review',
  halted: 'Decide',
  held: 'Go on',
  stalled: 'Look',
  no_data: 'Look',
};

/** Campaigns that stand still until a person does something, worst first; nothing when none does. */
export function NeedsYouPanel({ campaigns }: { readonly campaigns: readonly CampaignSummary[] }) {
  const me = usePrincipal();
  const waiting = campaigns
    .flatMap((campaign) => {
      const need = needOf(campaign);
      return need === null ? [] : [{ campaign, need }];
    })
    .sort((a, b) => urgency.indexOf(a.need) - urgency.indexOf(b.need));
  if (waiting.length === 0) return null;
  return (
    <Panel title="Needs you" aside={count(waiting.length)} bare>
      <ul className={classes.lane}>
        {waiting.map(({ campaign, need }) => (
          <li key={campaign.id}>
            <StatusBadge noun="campaign" state={campaign.state} form="pill" />
            <div>
              <p>
                <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }} className={classes.name}>
                  {campaign.name}
                </Link>{' '}
                <span className="quiet">
                  {needWords[need]} <RelativeTime at={need === 'stalled' ? campaign.stalledSince : campaign.since} />
                  {need === 'approval' && campaign.createdBy === me?.name
                    ? '; you created it, so somebody else must approve'
                    : ''}
                </span>
              </p>
              <p className="soft">{campaign.sentence}</p>
            </div>
            <Button
              variant="default"
              size="compact-xs"
              renderRoot={(props) => (
                <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }} {...props} />
              )}
            >
              {doing[need]}
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
