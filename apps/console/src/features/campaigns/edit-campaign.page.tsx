import { Button } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { words } from '../../ui/format.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { CampaignEditor } from './campaign-editor.js';
import { canEdit } from './campaign-verbs.js';
import { campaignQuery } from './campaigns.queries.js';
import { DraftButtons } from './draft-buttons.js';
import { formOfCampaign } from './form-of-campaign.js';
import { useCampaignDraft } from './use-campaign-draft.js';
import classes from './wizard.module.css';

const route = getRouteApi('/inside/campaigns/$campaignId/edit');

interface DraftProps {
  readonly start: Campaign;
  readonly now: Campaign;
  readonly onTheirs: () => void;
}

function Draft({ start, now, onTheirs }: DraftProps) {
  const navigate = route.useNavigate();
  const draft = useCampaignDraft(start);
  const saved = draft.saved ?? start;
  const open = (campaign: Campaign | null) => {
    if (campaign) void navigate({ to: '/campaigns/$campaignId', params: { campaignId: campaign.id } });
  };
  const overtaken = now.version > saved.version && draft.busy === null;
  return (
    <CampaignEditor
      initial={formOfCampaign(start)}
      saved={saved}
      onSubmit={(state) => void draft.launch(state).then(open)}
      finish={(state) => (
        <>
          {overtaken ? (
            <p className={classes.hint} role="status">
              <span>Somebody changed this campaign while you wrote. Yours cannot be saved over theirs.</span>
              <Button variant="default" size="compact-xs" onClick={onTheirs}>
                Show theirs
              </Button>
            </p>
          ) : null}
          <DraftButtons state={state} draft={draft} onSave={() => void draft.save(state).then(open)} />
        </>
      )}
    />
  );
}

/** A campaign that has not started, open for change; an approval it had is void after that. */
export function EditCampaignPage() {
  const { campaignId } = route.useParams();
  const query = useQuery(campaignQuery(campaignId));
  const [base, setBase] = useState<Campaign | null>(null);
  if (base === null && query.data) setBase(query.data);
  return (
    <Answer query={query} lines={12}>
      {(campaign) => (
        <>
          <PageHeader
            title={`Edit ${campaign.name}`}
            parent={{ to: `/campaigns/${campaignId}`, label: campaign.name }}
            badge={<StatusBadge noun="campaign" state={campaign.state} form="pill" />}
            sub={campaign.plan.approval ? 'A change takes an approval back.' : null}
          />
          {canEdit(campaign.state) ? (
            <Draft key={base?.version} start={base ?? campaign} now={campaign} onTheirs={() => setBase(campaign)} />
          ) : (
            <Panel title="Not open for change">
              <p>
                It is {words(campaign.state).toLowerCase()}: what it does was fixed when it started.{' '}
                <Link to="/campaigns/$campaignId" params={{ campaignId }} className="link">
                  Back to the campaign
                </Link>
              </p>
            </Panel>
          )}
        </>
      )}
    </Answer>
  );
}
