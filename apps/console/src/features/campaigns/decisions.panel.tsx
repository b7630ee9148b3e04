import { Button } from '@mantine/core';
import type { DecisionKind, DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconFilterOff,
  IconFlag,
  IconRocket,
  IconStairs,
  IconUser,
} from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { clock, fullInstant, moment, words } from '../../ui/format.js';
import type { Tone } from '../../ui/look.js';
import { Panel } from '../../ui/panel.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { lookOf } from '../../ui/vocabulary.js';
import { decisionsQuery } from './campaigns.queries.js';
import { DecisionEvidence } from './decision-evidence.js';
import classes from './decisions.module.css';

const looks: Record<Exclude<DecisionKind, 'gate'>, readonly [icon: typeof IconFlag, tone: Tone]> = {
  launched: [IconRocket, 'active'],
  wave_opened: [IconStairs, 'active'],
  wave_passed: [IconCircleCheck, 'good'],
  operator: [IconUser, 'plain'],
  release_revoked: [IconBan, 'bad'],
  rollback_started: [IconArrowBackUp, 'warn'],
  rollback_finished: [IconArrowBackUp, 'good'],
  rollback_failed: [IconCircleX, 'bad'],
  finished: [IconFlag, 'plain'],
  stalled: [IconClock, 'warn'],
  slice_excluded: [IconFilterOff, 'plain'],
};

const lookOfDecision = (record: DecisionRecord): readonly [icon: typeof IconFlag, tone: Tone] => {
  if (record.kind !== 'gate') return looks[record.kind] ?? [IconFlag, 'plain'];
  const { icon, tone } = lookOf('verdict', record.verdict ?? 'unknown');
  return [(record.verdict === 'halt' ? IconAlertTriangle : icon) as typeof IconFlag, tone];
};

const DAY = 12 * 3_600_000;

function Decision({ record }: { readonly record: DecisionRecord }) {
  const [open, setOpen] = useState(false);
  const [Icon, tone] = lookOfDecision(record);
  return (
    <li className={classes.decision}>
      <span className={classes.node} data-tone={tone}>
        <Icon size={14} stroke={2} aria-hidden />
      </span>
      <time dateTime={record.at} title={fullInstant(record.at)} className="num quiet">
        {Date.now() - Date.parse(record.at) < DAY ? clock(record.at) : moment(record.at)}
      </time>
      <div className={classes.said}>
        <span className={classes.what}>
          {record.kind === 'gate' && record.verdict ? (
            <StatusBadge noun="verdict" state={record.verdict} />
          ) : (
            <b>{words(record.kind)}</b>
          )}
          {record.wave ? <span className="quiet">wave {record.wave}</span> : null}
        </span>
        <span>{record.sentence}</span>
      </div>
      <button type="button" className={classes.more} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Hide evidence' : 'Evidence'}
      </button>
      {open ? <DecisionEvidence record={record} /> : null}
    </li>
  );
}

/** The decision records, newest first: what was decided, on which numbers, against which limits. */
export function DecisionsPanel({ campaignId }: { readonly campaignId: string }) {
  const decisions = useInfiniteQuery(decisionsQuery(campaignId));
  return (
    <Panel title="Decisions" aside="append-only; each can be judged again from what it stores" bare>
      <Answer query={decisions}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <EmptyState title="No decision yet" />
          ) : (
            <>
              <ol className={classes.line}>
                {items.map((record) => (
                  <Decision key={record.seq} record={record} />
                ))}
              </ol>
              {decisions.hasNextPage ? (
                <Button
                  variant="subtle"
                  color="gray"
                  fullWidth
                  loading={decisions.isFetchingNextPage}
                  onClick={() => void decisions.fetchNextPage()}
                >
                  Older
                </Button>
              ) : null}
            </>
          );
        }}
      </Answer>
    </Panel>
  );
}
