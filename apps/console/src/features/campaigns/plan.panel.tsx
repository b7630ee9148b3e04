import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { Facts } from '../../ui/facts.js';
import { count, duration, percent } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { SelectorText } from '../../ui/selector-text.js';
import { sizeLabel } from './campaign-parts.js';

/** What was asked for: targets, pace and limits, frozen at launch. */
export function PlanPanel({ campaign }: { readonly campaign: Campaign }) {
  const { plan } = campaign;
  return (
    <div className={layout.halves}>
      <Panel title="Targets and pace">
        <Facts
          facts={[
            ['Selector', <SelectorText key="selector" selector={campaign.selector} />],
            ['Waves', plan.waves.map((wave) => sizeLabel(wave.size)).join(' → ')],
            ['At once', `at most ${count(plan.concurrency)} devices`],
            ['Rate', plan.ratePerMinute ? `at most ${count(plan.ratePerMinute)} a minute` : 'no limit'],
            ['A device has', `${duration(plan.deadlineS * 1000)}, ${duration(plan.stepTimeoutS * 1000)} a step`],
            ['Device soak', duration(plan.deviceSoakS * 1000)],
            ['Retries', count(plan.retries)],
          ]}
        />
      </Panel>
      <Panel title="Gate and safety">
        <Facts
          facts={[
            ['Failures', `at most ${percent(plan.gate.maxFailureRate)}`],
            ['Timeouts', `at most ${percent(plan.gate.maxTimeoutRate)}`],
            ['Successes', `at least ${percent(plan.gate.minSuccessRate)}`],
            [
              'Sample',
              `at least ${count(plan.gate.minSample)} devices, ${percent(plan.gate.minResolvedShare)} resolved`,
            ],
            ['Wave soak', duration(plan.gate.soakS * 1000)],
            [
              'On a halt',
              plan.autoRollback ? 'updated devices return to their own last release' : 'waits for a person',
            ],
            ['Approval', plan.approval ? (campaign.approvedBy ?? 'by another person') : 'not needed'],
          ]}
        />
      </Panel>
    </div>
  );
}
