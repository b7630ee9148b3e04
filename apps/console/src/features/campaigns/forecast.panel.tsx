import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Answer } from '../../ui/answer.js';
import { layout } from '../../ui/layout.js';
import { previewQuery } from './campaigns.queries.js';
import { formOfCampaign } from './form-of-campaign.js';
import { asNewCampaign } from './plan-of-form.js';
import { Problems, ProofsPanel, WhoPanel } from './preflight.panel.js';
import { RehearsalPanel } from './rehearsal.panel.js';

/** What a campaign that has not started would do now: what somebody who approves it wants to know. */
export function ForecastPanel({ campaign }: { readonly campaign: Campaign }) {
  const body = useMemo(() => asNewCampaign(formOfCampaign(campaign)), [campaign]);
  const preview = useQuery(previewQuery(body));
  if (body === null) return null;
  return (
    <section className={layout.stack} aria-label="What it would do now">
      <Answer query={preview} lines={6}>
        {(value) => (
          <>
            <Problems preview={value} />
            <div className={layout.halves}>
              <WhoPanel preview={value} selector={campaign.selector} />
              <ProofsPanel preview={value} />
            </div>
          </>
        )}
      </Answer>
      <RehearsalPanel body={body} />
    </section>
  );
}
