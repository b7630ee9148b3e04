import { Button } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { count, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { outcomes } from './campaign-parts.js';
import { verbLabels, verbsOf } from './campaign-verbs.js';
import classes from './campaigns.module.css';
import type { CampaignMoved } from './use-campaign-action.js';

const rows: readonly (readonly [label: string, of: (campaign: Campaign) => string])[] = [
  ['State', ({ state }) => words(state)],
  ['Wave', ({ currentWave, waves }) => (currentWave ? `${currentWave} of ${waves.length}` : 'none open')],
  ['Updated', ({ counters }) => count(counters.succeeded)],
  ['Failed', ({ counters }) => count(outcomes(counters).bad)],
  ['In flight', ({ counters }) => count(counters.inFlight)],
  ['Not started', ({ counters }) => count(counters.waiting + counters.queued)],
];

interface MovedPanelProps {
  readonly moved: CampaignMoved;
  readonly onAgain: () => void;
  readonly onLeave: () => void;
}

/** You saw, it is now, you asked: instead of an error, the two side by side and the choice once more. */
export function MovedPanel({ moved: { asked, now }, onAgain, onLeave }: MovedPanelProps) {
  const { seen, verb } = asked;
  const label = verb === 'exclude' ? 'leave a slice out' : verbLabels[verb].replace('…', '').toLowerCase();
  const possible = verb === 'exclude' || verbsOf(now).includes(verb);
  return (
    <section className={classes.moved} role="alert" aria-label="The campaign moved">
      <h2>The campaign moved while you decided. Nothing was done.</h2>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">You saw</th>
            <th scope="col">It is now</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, of]) => {
            const changed = of(seen) !== of(now);
            return (
              <tr key={name} data-changed={changed || undefined}>
                <th scope="row">{name}</th>
                <td className="num">{of(seen)}</td>
                <td className="num">{of(now)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p>
        You asked to <b>{label}</b>.{' '}
        {possible ? 'It is still possible.' : `A campaign that is ${words(now.state).toLowerCase()} does not allow it.`}
      </p>
      <div className={layout.filters}>
        {possible ? (
          <Button variant="default" onClick={onAgain}>
            Do it on what it is now
          </Button>
        ) : null}
        <Button variant="subtle" color="gray" onClick={onLeave}>
          Leave it as it is
        </Button>
      </div>
    </section>
  );
}
