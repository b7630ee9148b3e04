import type { TrustOverview } from '@muster/contracts/trust/trust.schema';
import { count, many, percent, shortCount } from '../../ui/format.js';
import classes from './trust.module.css';

interface WeekBarsProps {
  readonly weeks: TrustOverview['weeks'];
  /** Certificates a week that may be planned with. */
  readonly capacity: number;
}

const HEIGHT = 132;

const day = (at: string) => new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });

/** A share that is there is not said to be none. */
const smallShare = (share: number) => (share > 0 && share < 0.001 ? 'less than 0.1%' : percent(share));

/** How many certificates end in each week and how many renewals begin, against what can be issued in one. */
export function WeekBars({ weeks, capacity }: WeekBarsProps) {
  const most = Math.max(1, ...weeks.flatMap((week) => [week.ending, week.renewing]));
  // The line belongs into the picture only where it means something: far above the bars it would flatten them.
  const near = capacity > 0 && capacity <= most * 2;
  const top = near ? Math.max(most, capacity) : most;
  const height = (n: number) => (n === 0 ? 0 : Math.max(2, Math.round((n / top) * HEIGHT)));
  const fullest = Math.max(0, ...weeks.map((week) => week.renewing));
  return (
    <div className={classes.weeks}>
      <div className={classes.plot} style={{ height: HEIGHT + 18 }}>
        {near ? (
          <div className={classes.capacity} style={{ bottom: (capacity / top) * HEIGHT + 18 }}>
            <span className="num">capacity {shortCount(capacity)}</span>
          </div>
        ) : null}
        {weeks.map((week, index) => (
          <div
            key={week.from}
            className={classes.week}
            data-over={(capacity > 0 && week.renewing > capacity) || undefined}
            title={`Week from ${day(week.from)}: ${count(week.ending)} end, ${many(week.renewing, 'renewal')} begin`}
          >
            <div className={classes.pair} style={{ height: HEIGHT }}>
              <i data-kind="renewing" style={{ height: height(week.renewing) }} />
              <i data-kind="ending" style={{ height: height(week.ending) }} />
            </div>
            <span className={classes.tick}>{index % 4 === 0 ? day(week.from) : ''}</span>
          </div>
        ))}
      </div>
      <ul className={classes.legend}>
        <li>
          <i data-kind="renewing" aria-hidden /> renewals that begin
        </li>
        <li>
          <i data-kind="ending" aria-hidden /> certificates that end
        </li>
        <li className={classes.said}>
          {capacity > 0
            ? `the fullest week takes ${smallShare(fullest / capacity)} of the ${shortCount(capacity)} certificates that can be issued in one`
            : 'how many can be issued a week is not measured yet'}
        </li>
      </ul>
      <table className="visually-hidden">
        <caption>Certificates by week</caption>
        <thead>
          <tr>
            <th scope="col">Week from</th>
            <th scope="col">End</th>
            <th scope="col">Renewals begin</th>
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week.from}>
              <th scope="row">{day(week.from)}</th>
              <td>{week.ending}</td>
              <td>{week.renewing}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
