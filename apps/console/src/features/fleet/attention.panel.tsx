import type { FleetSummary } from '@muster/contracts/devices/devices.schema';
import { IconChevronRight } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { count, many } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { campaignsQuery } from '../campaigns/campaigns.queries.js';
import { needOf, needWords } from '../campaigns/needs-you.js';
import { approvalsQuery } from '../enrollment/enrollment.queries.js';
import { anomaliesQuery } from '../telemetry/anomalies.queries.js';
import classes from './overview.module.css';

interface Matter {
  readonly key: string;
  readonly tone: 'warn' | 'bad';
  readonly text: ReactNode;
  readonly to: string;
  readonly search?: Record<string, string>;
}

const asking = { rolling_back: 'is rolling back', failed: 'failed' };

/** A failed campaign stays among them for this long. */
const DAY = 86_400_000;

/** Everything that waits for a person, worst first; says so plainly when nothing does. */
export function AttentionPanel({ summary }: { readonly summary: FleetSummary }) {
  const campaigns = useQuery(campaignsQuery({ active: 'true', pageSize: 50 }));
  const failed = useQuery(campaignsQuery({ state: 'failed', pageSize: 20 }));
  const anomalies = useQuery(anomaliesQuery({ state: 'open', pageSize: 1 })).data?.totalSize ?? 0;
  const approvals = useInfiniteQuery(approvalsQuery('pending')).data?.pages[0];
  const waiting = approvals ? (approvals.totalSize ?? approvals.items.length) : 0;
  const lately = (failed.data?.items ?? []).filter(({ since }) => Date.now() - Date.parse(since) < DAY);
  const matters: Matter[] = [];
  for (const campaign of [...lately, ...(campaigns.data?.items ?? [])]) {
    const need = needOf(campaign);
    const what =
      campaign.reasonCode === 'rolled_back'
        ? 'failed and was rolled back'
        : need
          ? needWords[need]
          : asking[campaign.state as keyof typeof asking];
    if (what)
      matters.push({
        key: campaign.id,
        tone: campaign.state === 'halted' || campaign.state === 'failed' ? 'bad' : 'warn',
        text: (
          <>
            <b>{campaign.name}</b> {what}
          </>
        ),
        to: `/campaigns/${campaign.id}`,
      });
  }
  const add = (n: number, tone: Matter['tone'], text: string, to: string, search?: Record<string, string>) => {
    if (n > 0) matters.push({ key: text, tone, text, to, ...(search ? { search } : {}) });
  };
  const { states, presence } = summary;
  add(states.quarantined ?? 0, 'bad', `${many(states.quarantined ?? 0, 'device')} quarantined`, '/devices', {
    state: 'quarantined',
  });
  add(waiting, 'warn', `${many(waiting, 'device')} waiting to be let in`, '/enrolment');
  add(presence.offline ?? 0, 'bad', `${many(presence.offline ?? 0, 'device')} offline`, '/devices', {
    presence: 'offline',
  });
  add(summary.drifted, 'warn', `${many(summary.drifted, 'device')} drifted from their config`, '/drift');
  add(summary.health.error, 'warn', `${many(summary.health.error, 'device')} reporting errors`, '/devices');
  add(anomalies, 'warn', `${many(anomalies, 'series', 'series')} unlike themselves`, '/anomalies');

  return (
    <Panel title="Needs attention" aside={matters.length > 0 ? count(matters.length) : undefined} bare>
      {matters.length === 0 ? (
        <p className={classes.calm}>Nothing. Every campaign moves and every device is as it should be.</p>
      ) : (
        <ul className={classes.matters}>
          {matters.map((matter) => (
            <li key={matter.key}>
              <Link to={matter.to} search={(matter.search ?? {}) as never} className={classes.matter}>
                <i data-tone={matter.tone} aria-hidden />
                <span>{matter.text}</span>
                <IconChevronRight size={15} aria-hidden />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
