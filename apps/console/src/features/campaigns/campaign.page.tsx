import { Tabs } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { count } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { CampaignActions } from './campaign-actions.js';
import { CampaignHeading } from './campaign-heading.js';
import { outcomes, partsOf } from './campaign-parts.js';
import { canEdit } from './campaign-verbs.js';
import { campaignQuery } from './campaigns.queries.js';
import { DecisionsPanel } from './decisions.panel.js';
import { ExclusionsPanel } from './exclusions.panel.js';
import { ExecutionsPanel } from './executions.panel.js';
import { FailuresPanel } from './failures.panel.js';
import { ForecastPanel } from './forecast.panel.js';
import { MovedPanel } from './moved.panel.js';
import { PlanPanel } from './plan.panel.js';
import { ProgressPanel } from './progress.panel.js';
import { StalledNotice } from './stalled-notice.js';
import { CampaignMoved, useCampaignAction } from './use-campaign-action.js';
import { VerdictPanel } from './verdict.panel.js';

const route = getRouteApi('/inside/campaigns/$campaignId');

function Body({ campaign }: { readonly campaign: Campaign }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const action = useCampaignAction();
  const { error } = action;
  const { bad } = outcomes(campaign.counters);
  const tab = search.tab ?? (bad > 0 ? 'failures' : campaign.startedAt ? 'devices' : 'plan');
  return (
    <>
      <PageHeader
        title={campaign.name}
        parent={{ to: '/campaigns', label: 'Campaigns' }}
        badge={<StatusBadge noun="campaign" state={campaign.state} form="pill" />}
        sub={<CampaignHeading campaign={campaign} />}
        actions={<CampaignActions campaign={campaign} action={action} />}
      />
      <div className={layout.stack}>
        {error instanceof CampaignMoved ? (
          <MovedPanel
            moved={error}
            onAgain={() => action.mutate({ ...error.asked, seen: error.now })}
            onLeave={action.reset}
          />
        ) : error && (action.variables.verb === 'pause' || action.variables.verb === 'hold') ? (
          <ProblemNotice error={error} />
        ) : null}
        <StalledNotice campaign={campaign} />
        <VerdictPanel campaign={campaign} />
        {canEdit(campaign.state) ? (
          <ForecastPanel campaign={campaign} />
        ) : campaign.startedAt || campaign.waves.length > 0 ? (
          <>
            <Panel title="Targets" aside="every target is in exactly one part">
              <PartitionBar parts={partsOf(campaign.counters)} total={campaign.targets} unit="targets" />
            </Panel>
            <ProgressPanel
              campaign={campaign}
              selected={search.wave}
              onSelect={(n) =>
                void navigate({ search: { ...search, tab: 'devices', wave: search.wave === n ? undefined : n } })
              }
            />
          </>
        ) : null}
        <Tabs
          value={tab}
          onChange={(value) => void navigate({ search: { ...search, tab: value as typeof tab }, replace: true })}
          keepMounted={false}
        >
          <Tabs.List aria-label="Campaign details">
            <Tabs.Tab value="failures">Failures {bad > 0 ? `(${count(bad)})` : ''}</Tabs.Tab>
            <Tabs.Tab value="devices">Devices</Tabs.Tab>
            <Tabs.Tab value="decisions">Decisions</Tabs.Tab>
            <Tabs.Tab value="exclusions">
              Exclusions {campaign.exclusions > 0 ? `(${count(campaign.exclusions)})` : ''}
            </Tabs.Tab>
            <Tabs.Tab value="plan">Plan</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="failures" pt="md">
            <FailuresPanel campaign={campaign} action={action} />
          </Tabs.Panel>
          <Tabs.Panel value="devices" pt="md">
            <ExecutionsPanel campaign={campaign} />
          </Tabs.Panel>
          <Tabs.Panel value="decisions" pt="md">
            <DecisionsPanel campaignId={campaign.id} />
          </Tabs.Panel>
          <Tabs.Panel value="exclusions" pt="md">
            <ExclusionsPanel campaignId={campaign.id} />
          </Tabs.Panel>
          <Tabs.Panel value="plan" pt="md">
            <PlanPanel campaign={campaign} />
          </Tabs.Panel>
        </Tabs>
      </div>
    </>
  );
}

/** One campaign: why it stands where it stands, how its parts add up, wave by wave, failures first. */
export function CampaignPage() {
  const { campaignId } = route.useParams();
  const query = useQuery(campaignQuery(campaignId));
  return (
    <Answer query={query} lines={12}>
      {(campaign) => <Body key={campaign.id} campaign={campaign} />}
    </Answer>
  );
}
