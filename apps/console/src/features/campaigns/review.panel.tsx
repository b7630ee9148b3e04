import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { Facts } from '../../ui/facts.js';
import { Fold } from '../../ui/fold.js';
import { Panel } from '../../ui/panel.js';
import type { CampaignForm } from './campaign-form.js';
import { asPatch } from './plan-of-form.js';
import { campaignSaid, type Said } from './plan-words.js';
import classes from './wizard.module.css';

interface ReviewPanelProps {
  readonly form: CampaignForm;
  readonly saved: Campaign | undefined;
}

const saidOf = (form: CampaignForm): Said[] => {
  const { name, selector, plan } = asPatch(form);
  return campaignSaid({ name: name ?? '', selector: selector ?? {}, plan: plan as CampaignPlan });
};

/** The lines that read otherwise than when the draft was saved. */
export const changesSince = (saved: Campaign, form: CampaignForm) => {
  const before = new Map(campaignSaid(saved));
  return saidOf(form)
    .filter(([label, text]) => before.get(label) !== text)
    .map(([label, text]) => ({ label, from: before.get(label) ?? '', to: text }));
};

function Changes({ saved, form }: { readonly saved: Campaign; readonly form: CampaignForm }) {
  const changes = changesSince(saved, form);
  if (changes.length === 0) return <p className="soft">Nothing differs from the saved draft.</p>;
  return (
    <dl>
      {changes.map(({ label, from, to }) => (
        <div key={label} className={classes.change}>
          <dt>{label}</dt>
          <dd>
            <del>{from || 'nothing'}</del> → <ins>{to || 'nothing'}</ins>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The whole campaign in words before it is saved; of a saved draft, what would change. */
export function ReviewPanel({ form, saved }: ReviewPanelProps) {
  if (!saved)
    return (
      <Panel title="Review">
        <Facts facts={saidOf(form)} />
      </Panel>
    );
  return (
    <Panel title="Review" aside="what changes of the saved draft">
      <Changes saved={saved} form={form} />
      <Fold title="The whole campaign in words">
        <Facts facts={saidOf(form)} />
      </Fold>
    </Panel>
  );
}
