import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { count, many, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { CampaignActions } from './campaign-actions.js';
import { outcomes, partsOf } from './campaign-parts.js';
import { campaignQuery } from './campaigns.queries.js';
import { DecisionsPanel } from './decisions.panel.js';
import { ExclusionsPanel } from './exclusions.panel.js';
import { ExecutionsPanel } from './executions.panel.js';
import { FailuresPanel } from './failures.panel.js';
import { PlanPanel } from './plan.panel.js';
import { ProgressPanel } from './progress.panel.js';
import { VerdictPanel } from './verdict.panel.js';

const route = getRouteApi('/inside/campaigns/$campaignId');

/** One campaign: why it stands where it stands, how its parts add up, wave by wave, failures first. */
export function CampaignPage() {
  const { campaignId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(campaignQuery(campaignId));
  return (
    <Answer query={query} lines={12}>
      {(campaign) => {
        const { bad } = outcomes(campaign.counters);
        const tab = search.tab ?? (bad > 0 ? 'failures' : 'devices');
        return (
          <>
            <PageHeader
              title={campaign.name}
              parent={{ to: '/campaigns', label: 'Campaigns' }}
              badge={<StatusBadge noun="campaign" state={campaign.state} form="pill" />}
              sub={
                <>
                  <span>
                    {campaign.releaseId ? (
                      <Link to="/releases/$releaseId" params={{ releaseId: campaign.releaseId }} className="link">
                        {campaign.releaseName} {campaign.releaseVersion}
                      </Link>
                    ) : campaign.configId ? (
                      <Link to="/configs/$configId" params={{ configId: campaign.configId }} className="link">
                        Golden config, version {campaign.configNumber}
                      </Link>
                    ) : (
                      words(campaign.command?.name ?? campaign.kind)
                    )}
                  </span>
                  <span className="num">{many(campaign.targets, 'target')}</span>
                  <span>
                    started <RelativeTime at={campaign.startedAt} never="not yet" /> · by {campaign.createdBy}
                  </span>
                  {campaign.parentId ? (
                    <Link to="/campaigns/$campaignId" params={{ campaignId: campaign.parentId }} className="link">
                      Rollback of its parent campaign
                    </Link>
                  ) : null}
                </>
              }
              actions={<CampaignActions campaign={campaign} />}
            />
            <div className={layout.stack}>
              <VerdictPanel campaign={campaign} />
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
                  <FailuresPanel campaignId={campaignId} />
                </Tabs.Panel>
                <Tabs.Panel value="devices" pt="md">
                  <ExecutionsPanel campaign={campaign} />
                </Tabs.Panel>
                <Tabs.Panel value="decisions" pt="md">
                  <DecisionsPanel campaignId={campaignId} />
                </Tabs.Panel>
                <Tabs.Panel value="exclusions" pt="md">
                  <ExclusionsPanel campaignId={campaignId} />
                </Tabs.Panel>
                <Tabs.Panel value="plan" pt="md">
                  <PlanPanel campaign={campaign} />
                </Tabs.Panel>
              </Tabs>
            </div>
          </>
        );
      }}
    </Answer>
  );
}
