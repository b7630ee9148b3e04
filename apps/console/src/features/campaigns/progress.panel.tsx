import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { hasEnded } from '@muster/domain/campaigns/campaign.machine';
import { EmptyState } from '../../ui/empty-state.js';
import { duration } from '../../ui/format.js';
import { GateTable } from '../../ui/gate-table.js';
import { Panel } from '../../ui/panel.js';
import { WaveRail } from '../../ui/wave-rail.js';
import { outcomes, partsOf } from './campaign-parts.js';
import classes from './campaigns.module.css';
import { sizeLabel } from './plan-words.js';

interface ProgressPanelProps {
  readonly campaign: Campaign;
  readonly selected: number | undefined;
  readonly onSelect: (n: number) => void;
}

/** The waves, and beside them the gate of the one that is open. */
export function ProgressPanel({ campaign, selected, onSelect }: ProgressPanelProps) {
  const current = campaign.waves.find((wave) => wave.n === campaign.currentWave);
  const ended = hasEnded(campaign.state);
  return (
    <div className={classes.rail}>
      <Panel title="Waves" bare>
        {campaign.waves.length === 0 ? (
          <EmptyState title="Not planned yet">Waves are cut when the campaign is launched.</EmptyState>
        ) : (
          <WaveRail
            selected={selected}
            onSelect={onSelect}
            waves={campaign.waves.map((wave) => ({
              n: wave.n,
              state: wave.state === 'planned' && ended ? 'skipped' : wave.state,
              size: wave.size,
              label: sizeLabel(wave.plan.size),
              soakUntil: wave.soakUntil,
              ...(wave.state === 'planned'
                ? { note: ended ? 'not one of them was touched' : wave.canProve }
                : { ...outcomes(wave.counters), parts: partsOf(wave.counters) }),
            }))}
          />
        )}
      </Panel>
      <Panel title={current ? `Gate of wave ${current.n}` : 'Gate'} aside={current ? current.canProve : undefined} bare>
        {campaign.gate.length === 0 ? (
          <EmptyState title="Not judged yet">
            A gate is judged when devices of its wave have an outcome: at least {campaign.plan.gate.minSample} of them,
            after a soak of {duration(campaign.plan.gate.soakS * 1000)}.
          </EmptyState>
        ) : (
          <GateTable checks={campaign.gate} metrics={(current?.plan.gate ?? campaign.plan.gate).health?.metrics} />
        )}
      </Panel>
    </div>
  );
}
