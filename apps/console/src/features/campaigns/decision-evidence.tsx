import type { DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits, MetricLimit } from '@muster/contracts/campaigns/plans.schema';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Fold } from '../../ui/fold.js';
import { words } from '../../ui/format.js';
import { GateTable } from '../../ui/gate-table.js';
import classes from './decisions.module.css';

/** The rules arrive only when somebody asks for a judgement. */
const rejudge = async (record: DecisionRecord) => {
  const { canJudgeAgain, judgeAgain } = await import('./judge-again.js');
  return canJudgeAgain(record) ? judgeAgain(record) : null;
};

function Rejudgement({ record }: { readonly record: DecisionRecord }) {
  const again = useQuery({
    queryKey: ['judge-again', record],
    queryFn: () => rejudge(record),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  if (again.isError)
    return (
      <p className={classes.again} data-agrees={false}>
        <IconCircleX size={15} aria-hidden /> This browser cannot judge the record again: {again.error.message}
      </p>
    );
  if (!again.data) return null;
  const { agrees, verdict, sentence } = again.data;
  const Icon = agrees ? IconCircleCheck : IconCircleX;
  return (
    <p className={classes.again} data-agrees={agrees} role="status">
      <Icon size={15} aria-hidden />
      {agrees ? (
        <span>Judged again in this browser from the record alone: it agrees.</span>
      ) : (
        <span>
          Judged again in this browser it differs: {words(verdict)}. {sentence}
        </span>
      )}
    </p>
  );
}

function Numbers({ title, values }: { readonly title: string; readonly values: Readonly<Record<string, unknown>> }) {
  // What is nested is what the checks above say line by line; the stored record below has it whole.
  const entries = Object.entries(values).filter(([, value]) => value === null || typeof value !== 'object');
  if (entries.length === 0) return null;
  return (
    <div>
      <h3 className={classes.title}>{title}</h3>
      <dl className={classes.numbers}>
        {entries.map(([key, value]) => (
          <div key={key}>
            <dt>{words(key.replace(/([A-Z])/g, ' $1').toLowerCase())}</dt>
            <dd className="num">{String(value ?? 'none')}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const metricsOf = ({ limits }: DecisionRecord): readonly MetricLimit[] =>
  (limits as Partial<GateLimits>).health?.metrics ?? [];

/** What a decision was made from: its checks, its numbers, its limits, and the proof that they lead to it. */
export function DecisionEvidence({ record }: { readonly record: DecisionRecord }) {
  return (
    <div className={classes.evidence}>
      {record.kind === 'gate' ? <Rejudgement record={record} /> : null}
      {record.checks.length > 0 ? <GateTable checks={record.checks} metrics={metricsOf(record)} /> : null}
      <div className={classes.columns}>
        <Numbers title="Inputs" values={record.inputs} />
        <Numbers title="Limits" values={record.limits} />
      </div>
      <Fold title="The record as it is stored">
        <pre>
          <code>{JSON.stringify(record, null, 2)}</code>
        </pre>
      </Fold>
    </div>
  );
}
