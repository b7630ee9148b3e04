import type { DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { clock, fullInstant, words } from '../../ui/format.js';
import { GateTable } from '../../ui/gate-table.js';
import { Panel } from '../../ui/panel.js';
import { StatusBadge } from '../../ui/status-badge.js';
import classes from './campaigns.module.css';
import { decisionsQuery } from './campaigns.queries.js';

function Decision({ record }: { readonly record: DecisionRecord }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.decision}>
      <time dateTime={record.at} title={fullInstant(record.at)} className="num quiet">
        {clock(record.at)}
      </time>
      {record.verdict ? <StatusBadge noun="verdict" state={record.verdict} /> : <span>{words(record.kind)}</span>}
      <span>
        {record.wave ? <span className="quiet">wave {record.wave} · </span> : null}
        {record.sentence}
      </span>
      <button type="button" className={classes.more} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide evidence' : 'Evidence'}
      </button>
      {open ? (
        <div className={classes.evidence}>
          {record.checks.length > 0 ? <GateTable checks={record.checks} /> : null}
          <pre>
            <code>{JSON.stringify({ code: record.code, inputs: record.inputs, limits: record.limits }, null, 2)}</code>
          </pre>
        </div>
      ) : null}
    </li>
  );
}

/** The decision records, newest first: what was decided, on which numbers, against which limits. */
export function DecisionsPanel({ campaignId }: { readonly campaignId: string }) {
  const decisions = useQuery(decisionsQuery(campaignId));
  return (
    <Panel title="Decisions" aside="append-only; recomputing the evidence gives the same sentence" bare>
      <Answer query={decisions}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No decision yet" />
          ) : (
            <ul>
              {items.map((record) => (
                <Decision key={record.seq} record={record} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
