import { createCampaign, launchCampaign, updateCampaign } from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { call, mintKey } from '../../api/call.js';
import type { EditorState } from './campaign-editor.js';
import { campaignQuery } from './campaigns.queries.js';
import { asPatch } from './plan-of-form.js';

/**
 * A campaign while it is written: created at the first save, changed against its version at every later one. When a
 * launch is refused the draft is kept, so that what it was refused for is mended here and nothing is made twice.
 */
export const useCampaignDraft = (start: Campaign | null) => {
  const cache = useQueryClient();
  const [saved, setSaved] = useState(start);
  const [busy, setBusy] = useState<'save' | 'launch' | null>(null);
  const [error, setError] = useState<unknown>(null);
  // One key for one press and its repetitions, so that a lost answer cannot make two drafts.
  const key = useRef(mintKey());

  const write = async ({ form, body }: EditorState): Promise<Campaign> => {
    const campaign =
      saved === null
        ? await call(createCampaign, { body: body!, idempotencyKey: key.current })
        : await call(updateCampaign, {
            params: { campaignId: saved.id },
            body: asPatch(form),
            match: saved.version,
          });
    key.current = mintKey();
    setSaved(campaign);
    cache.setQueryData(campaignQuery(campaign.id).queryKey, campaign);
    return campaign;
  };

  const run = async (what: 'save' | 'launch', state: EditorState): Promise<Campaign | null> => {
    if (state.body === null) return null;
    setBusy(what);
    setError(null);
    try {
      const campaign = await write(state);
      if (what === 'save') return campaign;
      return await call(launchCampaign, { params: { campaignId: campaign.id }, body: {}, match: campaign.version });
    } catch (fault) {
      setError(fault);
      return null;
    } finally {
      setBusy(null);
      void cache.invalidateQueries({ queryKey: ['campaigns'] });
    }
  };
  return {
    saved,
    busy,
    error,
    save: (state: EditorState) => run('save', state),
    launch: (state: EditorState) => run('launch', state),
  };
};
