import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import { count, duration, percent } from './format.js';
import classes from './gate-table.module.css';
import { StatusBadge } from './status-badge.js';

const measure = (value: number | null, unit: GateCheck['unit']): string => {
  if (value === null) return 'no data';
  if (unit === 'share') return percent(value);
  return unit === 'seconds' ? duration(value * 1000) : count(value);
};

/** Whether the limit is a floor or a ceiling follows from the check's code, which names the bound it guards. */
const bound = (check: GateCheck): string =>
  /(^|_)(max|failure|timeout|regress|rollback|rolled)/.test(check.code) ? '≤' : '≥';

/** A gate line by line: what was measured, over how many devices, against which limit, and what follows. */
export function GateTable({ checks }: { readonly checks: readonly GateCheck[] }) {
  return (
    <table className={classes.table}>
      <caption className="visually-hidden">Gate checks</caption>
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col" className={classes.right}>
            Observed
          </th>
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
          <tr key={check.code} data-verdict={check.verdict}>
            <th scope="row">{check.title}</th>
            <td className={classes.observed}>{measure(check.observed, check.unit)}</td>
            <td className={classes.limit}>
              {bound(check)} {measure(check.limit, check.unit)}
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
