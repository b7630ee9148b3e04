import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import { count, duration, percent, reading } from './format.js';
import classes from './gate-table.module.css';
import { IntervalBand } from './interval-band.js';
import { StatusBadge } from './status-badge.js';

type Unit = GateCheck['unit'];

const measure = (value: number | null, unit: Unit): string => {
  if (value === null) return 'no data';
  switch (unit) {
    case 'share':
      return percent(value);
    case 'seconds':
      return duration(value * 1000);
    case 'times':
      return `${reading(value)}×`;
    case 'metric':
      return reading(value);
    case 'devices':
      return count(value);
  }
};

/** A difference of two values, signed; of two shares it is in percentage points. */
export const difference = (value: number, unit: Unit): string => {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±';
  const size = Math.abs(value);
  return unit === 'share' ? `${sign}${reading(size * 100)} points` : `${sign}${measure(size, unit)}`;
};

/** Whether the limit is a floor or a ceiling follows from what the check counts: good things have floors. */
const bound = (check: GateCheck): string => (/^(success|sample|resolved)/.test(check.code) ? '≥' : '≤');

const others = { baseline: 'their own past', control: 'devices not updated' } as const;

function Reference({ check }: { readonly check: GateCheck }) {
  if (!check.against) return null;
  return (
    <>
      <span className={classes.reference}>
        {measure(check.reference ?? null, check.unit)} <span className="quiet">{others[check.against]}</span>
      </span>
      {check.interval ? <IntervalBand check={check} interval={check.interval} /> : null}
    </>
  );
}

/** A gate line by line: what was measured, over how many devices, against which limit, and what follows. */
export function GateTable({ checks }: { readonly checks: readonly GateCheck[] }) {
  const compares = checks.some((check) => check.against !== undefined);
  return (
    <table className={classes.table}>
      <caption className="visually-hidden">Gate checks</caption>
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col" className={classes.right}>
            Observed
          </th>
          {compares ? <th scope="col">Compared with</th> : null}
          <th scope="col" className={classes.right}>
            Limit
          </th>
          <th scope="col" className={classes.right}>
            n
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {checks.map((check) => (
          <tr key={`${check.code} ${check.title} ${check.against ?? ''}`} data-verdict={check.verdict}>
            <th scope="row">{check.title}</th>
            <td className={classes.observed}>{measure(check.observed, check.unit)}</td>
            {compares ? (
              <td>
                <Reference check={check} />
              </td>
            ) : null}
            <td className={classes.limit}>
              {check.interval && check.unit !== 'times'
                ? difference(check.limit, check.unit)
                : `${bound(check)} ${measure(check.limit, check.unit)}`}
            </td>
            <td className={classes.limit}>
              {count(check.n)}
              {check.of === check.n ? '' : ` / ${count(check.of)}`}
            </td>
            <td>
              <StatusBadge noun="verdict" state={check.verdict} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
