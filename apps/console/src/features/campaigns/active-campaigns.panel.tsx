import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { partsOf } from './campaign-parts.js';
import classes from './campaigns.module.css';
import { campaignsQuery } from './campaigns.queries.js';

/** Campaigns that move or wait, each with the sentence that says why it stands where it stands. */
export function ActiveCampaignsPanel() {
  const campaigns = useQuery(campaignsQuery({ active: 'true', pageSize: 50 }));
  return (
    <Panel
      title="Active campaigns"
      actions={
        <Link to="/campaigns" className="link">
          All campaigns
        </Link>
      }
      bare
    >
      <Answer query={campaigns} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No campaign is running">
              <Link to="/campaigns/new" className="link">
                Launch one
              </Link>{' '}
              to bring a release to the fleet in waves.
            </EmptyState>
          ) : (
            <ul>
              {items.map((campaign) => (
                <li key={campaign.id} className={classes.active}>
                  <div className={classes.activeHead}>
                    <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.id }} className={classes.name}>
                      {campaign.name}
                    </Link>
                    <StatusBadge noun="campaign" state={campaign.state} form="pill" />
                    {campaign.currentWave ? (
                      <span className="quiet num">
                        wave {campaign.currentWave} of {campaign.waves.length}
                      </span>
                    ) : null}
                  </div>
                  <p className="soft">{campaign.sentence}</p>
                  <PartitionBar parts={partsOf(campaign.counters)} total={campaign.targets} unit="targets" slim />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
