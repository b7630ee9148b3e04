import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import type { MetricLimit } from '@muster/contracts/campaigns/plans.schema';
import { metricName } from '../features/telemetry/metric-name.js';
import { count } from './format.js';
import classes from './gate-table.module.css';
import { difference, measure } from './gate-words.js';
import { IntervalBand } from './interval-band.js';
import { StatusBadge } from './status-badge.js';

/** Whether the limit is a floor or a ceiling follows from what the check counts: good things have floors. */
const bound = (check: GateCheck): string => (/^(success|sample|resolved|observed)/.test(check.code) ? '≥' : '≤');

const others = { baseline: 'in their own past', control: 'on devices not updated' } as const;

/** The metric a check is about, with the name people give it. */
const metricOf = (check: GateCheck) => {
  const key = /^metric\.(.+)$/.exec(check.code)?.[1];
  return key === undefined ? null : { key, ...metricName(key, '', null) };
};

interface LineProps {
  readonly check: GateCheck;
  readonly bad: MetricLimit['bad'];
}

function Comparison({ check, bad }: LineProps) {
  if (!check.against || check.reference === null || check.reference === undefined) return null;
  const unit = check.unit === 'times' ? 'share' : check.unit;
  return (
    <span className={classes.against}>
      {check.interval ? <IntervalBand check={check} interval={check.interval} bad={bad} /> : null}
      <span className="quiet">
        against {measure(check.reference, unit)} {others[check.against]}
      </span>
    </span>
  );
}

const limitText = (check: GateCheck, bad: MetricLimit['bad']): string => {
  if (check.unit === 'metric')
    return bad === 'both'
      ? `±${measure(check.limit, 'metric')}`
      : difference(bad === 'down' ? -check.limit : check.limit, 'metric');
  return check.code === 'error_rise'
    ? difference(check.limit, 'share')
    : `${bound(check)} ${measure(check.limit, check.unit)}`;
};

function Line({ check, bad }: LineProps) {
  const metric = metricOf(check);
  const unit = metric?.unit && check.observed !== null ? ` ${metric.unit}` : '';
  return (
    <tr data-verdict={check.verdict}>
      <th scope="row">
        {metric?.title ?? check.title}
        <Comparison check={check} bad={bad} />
      </th>
      <td className={classes.observed}>
        {measure(check.observed, check.unit)}
        {unit}
      </td>
      <td className={classes.limit}>{limitText(check, bad)}</td>
      <td className={classes.limit}>
        {count(check.n)}
        {check.of === check.n ? '' : ` / ${count(check.of)}`}
      </td>
      <td>
        <StatusBadge noun="verdict" state={check.verdict} />
      </td>
    </tr>
  );
}

interface GateTableProps {
  readonly checks: readonly GateCheck[];
  /** The plan's metric limits: which way is bad is theirs to say. */
  readonly metrics?: readonly MetricLimit[] | undefined;
}

/** A gate line by line: what was measured, over how many devices, against which limit, and what follows. */
export function GateTable({ checks, metrics = [] }: GateTableProps) {
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
          <Line
            key={check.code}
            check={check}
            bad={metrics.find(({ metric }) => check.code === `metric.${metric}`)?.bad ?? 'up'}
          />
        ))}
      </tbody>
    </table>
  );
}
