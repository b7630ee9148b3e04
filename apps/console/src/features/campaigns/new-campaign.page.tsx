import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '../../ui/page-header.js';
import { CampaignEditor } from './campaign-editor.js';
import { freshForm } from './campaign-form.js';
import { DraftButtons } from './draft-buttons.js';
import { selectorFromSearch } from './selector-from-search.js';
import { useCampaignDraft } from './use-campaign-draft.js';

const route = getRouteApi('/inside/campaigns/new');

/** A new campaign: saved as a draft, launched, scheduled, or handed to somebody who approves it. */
export function NewCampaignPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const draft = useCampaignDraft(null);
  const open = (campaign: Campaign | null) => {
    if (campaign) void navigate({ to: '/campaigns/$campaignId', params: { campaignId: campaign.id } });
  };
  return (
    <>
      <PageHeader title="New campaign" parent={{ to: '/campaigns', label: 'Campaigns' }} />
      <CampaignEditor
        initial={{
          ...freshForm,
          releaseId: search.releaseId ?? null,
          configId: search.configId ?? null,
          kind: search.configId ? 'config' : 'release',
          selector: selectorFromSearch(search),
        }}
        onSubmit={(state) => void draft.launch(state).then(open)}
        finish={(state) => (
          <DraftButtons state={state} draft={draft} onSave={() => void draft.save(state).then(open)} />
        )}
      />
    </>
  );
}
