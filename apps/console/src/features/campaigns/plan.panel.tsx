import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { Facts } from '../../ui/facts.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { SelectorText } from '../../ui/selector-text.js';
import { gateSaid, paceSaid, safetySaid, whenSaid } from './plan-words.js';

/** What was asked for: targets, pace, times and limits, frozen at launch. */
export function PlanPanel({ campaign }: { readonly campaign: Campaign }) {
  const { plan } = campaign;
  return (
    <div className={layout.halves}>
      <div className={layout.stack}>
        <Panel title="Targets and pace">
          <Facts
            facts={[['Selector', <SelectorText key="selector" selector={campaign.selector} />], ...paceSaid(plan)]}
          />
        </Panel>
        <Panel title="When">
          <Facts facts={whenSaid(plan)} />
        </Panel>
      </div>
      <div className={layout.stack}>
        <Panel title="Gate">
          <Facts facts={gateSaid(plan.gate)} />
        </Panel>
        <Panel title="Safety">
          <Facts facts={safetySaid(plan, campaign.approvedBy)} />
        </Panel>
      </div>
    </div>
  );
}
