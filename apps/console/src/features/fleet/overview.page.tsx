import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { ActiveCampaignsPanel } from '../campaigns/active-campaigns.panel.js';
import { fleetQuery } from '../devices/devices.queries.js';
import { AdoptionPanel } from './adoption.panel.js';
import { AttentionPanel } from './attention.panel.js';
import { FleetStats } from './fleet-stats.js';
import { LatelyPanel } from './lately.panel.js';
import { SitesPanel } from './sites.panel.js';

/** The fleet at a glance: how it is, what moves, what needs a person. */
export function OverviewPage() {
  const fleet = useQuery({ ...fleetQuery, refetchInterval: 30_000 });
  const navigate = useNavigate();
  const enrol = () => void navigate({ to: '/devices', hash: 'enrol' });
  return (
    <>
      <PageHeader
        title="Overview"
        sub={
          fleet.data ? (
            <span>
              {many(fleet.data.total, 'device')}, counted <RelativeTime at={fleet.data.asOf} />
            </span>
          ) : null
        }
        actions={
          <Button variant="default" leftSection={<IconPlus size={14} />} onClick={enrol}>
            Enrol a device
          </Button>
        }
      />
      <Answer query={fleet} lines={10}>
        {(summary) =>
          summary.total === 0 ? (
            <Panel title="Fleet">
              <EmptyState title="No devices yet" action={<Button onClick={enrol}>Enrol the first device</Button>}>
                One copied command brings a device online in under two minutes.
              </EmptyState>
            </Panel>
          ) : (
            <div className={layout.stack}>
              <FleetStats summary={summary} />
              <div className={layout.wideLeft}>
                <div className={layout.stack}>
                  <ActiveCampaignsPanel />
                  <AdoptionPanel summary={summary} />
                </div>
                <div className={layout.stack}>
                  <AttentionPanel summary={summary} />
                  <SitesPanel summary={summary} />
                  <LatelyPanel />
                </div>
              </div>
            </div>
          )
        }
      </Answer>
    </>
  );
}
