import type { IngestStatus } from '@muster/contracts/telemetry/ingest.schema';
import { useQuery } from '@tanstack/react-query';
import { count, duration, latency, many, reading } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { useNow } from '../../ui/now.js';
import { PageHeader } from '../../ui/page-header.js';
import { Stat, StatRow } from '../../ui/stat.js';
import { IfThere } from './if-there.js';
import { ingestQuery } from './ingest.queries.js';
import { IngestChartsPanel } from './ingest-charts.panel.js';
import { lastMinute, ratePerSecond, sumOf, worst } from './ingest-columns.js';
import { DeadLetterReasonsPanel, FloodingPanel, ProcessesPanel } from './ingest-lists.js';
import { StoredDaysPanel } from './stored-days.panel.js';
import classes from './telemetry.module.css';

/** The page asks every five seconds; figures older than three times that are said to be old. */
const OLD_MS = 15_000;
/** Fewer days of room ahead than this need a person. */
const DAYS_AHEAD = 3;

/** A rate in at most three digits before it is counted in whole messages. */
const rate = (perSecond: number): string =>
  perSecond >= 100 ? count(perSecond) : reading(Number(perSecond.toPrecision(2)));

function Figures({ status }: { readonly status: IngestStatus }) {
  const now = useNow();
  const minute = lastMinute(status.slots);
  const timing = (what: 'commitMs' | 'lagMs') => {
    const [p50, p99] = [worst(minute, what, 'p50'), worst(minute, what, 'p99')];
    return p50 === null || p99 === null
      ? { value: '—' }
      : { value: latency(p50), note: `99 of 100 within ${latency(p99)}` };
  };
  const { rollups, partitions, slots } = status;
  const behind = rollups.oldest === null ? 0 : now - Date.parse(rollups.oldest);
  const lost = sumOf(slots, 'deadLettered');
  const shed = sumOf(slots, 'shed');
  return (
    <>
      <StatRow>
        <Stat
          label="Stored, last minute"
          value={`${rate(ratePerSecond(minute, 'stored'))}/s`}
          note={`${rate(ratePerSecond(minute, 'readings'))} readings a second`}
        />
        <Stat
          label="Duplicates, last hour"
          value={count(sumOf(slots, 'duplicates'))}
          note="taken once, answered again"
        />
        <Stat
          label="Dead-lettered, last hour"
          value={count(lost)}
          tone={lost > 0 ? 'warn' : 'plain'}
          to="/dead-letters"
        />
        <Stat label="Held back, last hour" value={count(shed)} tone={shed > 0 ? 'warn' : 'plain'} />
      </StatRow>
      <StatRow>
        <Stat label="Arrival to commit" {...timing('commitMs')} />
        <Stat label="Device’s clock to commit" {...timing('lagMs')} />
        <Stat
          label="Roll-ups waiting"
          value={count(rollups.waiting)}
          note={rollups.oldest ? `oldest for ${duration(behind)}` : 'nothing waits'}
          tone={behind > 3 * 3_600_000 ? 'warn' : 'plain'}
        />
        <Stat
          label="Room ahead"
          value={many(partitions.daysAhead, 'day')}
          note={
            partitions.daysAhead < DAYS_AHEAD
              ? 'No new days are being made: look at the worker'
              : 'days are made in advance'
          }
          tone={partitions.daysAhead < DAYS_AHEAD ? 'bad' : 'plain'}
          to="/storage"
        />
      </StatRow>
    </>
  );
}

/** How the ingest does, read every five seconds, and how old what it shows is. */
export function IngestPage() {
  const ingest = useQuery(ingestQuery);
  const now = useNow();
  const age = now - ingest.dataUpdatedAt;
  const old = ingest.data !== undefined && age > OLD_MS;
  const newest = ingest.data?.processes.map(({ seenAt }) => Date.parse(seenAt)).toSorted((a, b) => b - a)[0];
  const silent = newest !== undefined && ingest.dataUpdatedAt - newest > 60_000;
  return (
    <>
      <PageHeader
        title="Ingest"
        sub="What devices send, how fast it is stored and what waits. Figures of the last hour, read every five seconds."
      />
      <div className={layout.stack}>
        {old ? (
          <p className={classes.old} role="status">
            These figures are {duration(age)} old: the control plane does not answer.
          </p>
        ) : silent ? (
          <p className={classes.old} role="status">
            No process has reported for {duration(now - newest)}: nothing is taken in, and devices keep what they
            measure.
          </p>
        ) : null}
        <IfThere query={ingest} what="Ingest figures" lines={12}>
          {(status) => (
            <div className={layout.stack} data-old={old || undefined}>
              <Figures status={status} />
              <IngestChartsPanel slots={status.slots} until={ingest.dataUpdatedAt} />
              <ProcessesPanel processes={status.processes} />
              <div className={layout.halves}>
                <FloodingPanel flooding={status.flooding} />
                <DeadLetterReasonsPanel reasons={status.deadLetters} />
              </div>
            </div>
          )}
        </IfThere>
        <StoredDaysPanel />
      </div>
    </>
  );
}
