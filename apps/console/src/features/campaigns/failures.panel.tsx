import { Button } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { FailureCluster } from '@muster/contracts/campaigns/executions.schema';
import { deviceReasons, isDeviceReason } from '@muster/contracts/reasons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, percent, words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { attributeWords } from './attribute-words.js';
import { canExclude } from './campaign-verbs.js';
import classes from './campaigns.module.css';
import { failuresQuery } from './campaigns.queries.js';
import { SliceDialog } from './slice-dialog.js';
import type { CampaignAction } from './use-campaign-action.js';

type Shared = FailureCluster['attributes'][number];

interface LiftProps {
  readonly rows: readonly Shared[];
  readonly count: number;
  /** Null where nothing waits that could be left out. */
  readonly onSlice: ((shared: Shared) => void) | null;
  readonly whyNot: string | undefined;
}

function Lift({ rows, count: failed, onSlice, whyNot }: LiftProps) {
  if (rows.length === 0)
    return (
      <p className="quiet">
        {failed < 2
          ? 'One failure cannot show what failures share.'
          : 'The failed have nothing in common that the others do not.'}
      </p>
    );
  return (
    <table className={classes.lift}>
      <caption className="visually-hidden">What the failed share</caption>
      <thead>
        <tr>
          <th scope="col">They share</th>
          <th scope="col">Of the failed</th>
          <th scope="col">As often</th>
          {onSlice ? (
            <th scope="col">
              <span className="visually-hidden">Action</span>
            </th>
          ) : null}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 5).map((row) => (
          <tr key={`${row.attribute} ${row.value}`}>
            <td>
              <span className="quiet">{attributeWords(row.attribute)}</span> <b>{row.value}</b>
            </td>
            <td className="num">
              {count(row.failed)} of {count(row.of)} ({percent(row.failed / Math.max(1, row.of), 0)})
            </td>
            <td className="num">{row.lift.toFixed(1)}×</td>
            {onSlice ? (
              <td>
                <Button
                  variant="default"
                  size="compact-xs"
                  disabled={whyNot !== undefined}
                  title={whyNot ?? 'Take the waiting devices of this slice out, with a reason'}
                  aria-label={`Leave out ${attributeWords(row.attribute)} ${row.value} and resume`}
                  onClick={() => onSlice(row)}
                >
                  Leave out…
                </Button>
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cluster({ cluster, children }: { readonly cluster: FailureCluster; readonly children: ReactNode }) {
  const { reasonCode } = cluster;
  return (
    <li className={classes.cluster}>
      <div>
        <p className={classes.clusterHead}>
          <b className="num">{count(cluster.count)}</b>
          <StatusBadge noun="execution" state={cluster.state} />
          <code>{reasonCode}</code>
          {cluster.phase && cluster.phase !== cluster.state ? (
            <span className="soft">while {words(cluster.phase).toLowerCase()}</span>
          ) : null}
        </p>
        {isDeviceReason(reasonCode) ? <p className="soft">{deviceReasons[reasonCode]}.</p> : null}
        <p className="quiet">
          wave {cluster.waves.join(', ')} · first <RelativeTime at={cluster.firstAt} /> · last{' '}
          <RelativeTime at={cluster.lastAt} />
        </p>
        <ul className={classes.sample}>
          {cluster.sample.slice(0, 4).map((one) => (
            <li key={one.deviceId}>
              <Link
                to="/devices/$deviceId"
                params={{ deviceId: one.deviceId }}
                search={{ tab: 'updates' }}
                className="link"
              >
                {one.deviceName}
              </Link>{' '}
              <span className="soft">{one.detail}</span>
            </li>
          ))}
        </ul>
      </div>
      {children}
    </li>
  );
}

interface FailuresPanelProps {
  readonly campaign: Campaign;
  readonly action: CampaignAction;
}

/** Failures put together by code and phase, the largest first, each with what its devices share and what to do about it. */
export function FailuresPanel({ campaign, action }: FailuresPanelProps) {
  const failures = useQuery(failuresQuery(campaign.id));
  const may = useMay('campaign:operate');
  const [slice, setSlice] = useState<Shared | null>(null);
  const open = canExclude(campaign);
  return (
    <Panel title="Failures" aside="by reason and phase" bare>
      <Answer query={failures}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No failures">No device of this campaign has failed.</EmptyState>
          ) : (
            <ul>
              {items.map((cluster) => (
                <Cluster key={`${cluster.reasonCode} ${cluster.phase} ${cluster.state}`} cluster={cluster}>
                  <Lift
                    rows={cluster.attributes}
                    count={cluster.count}
                    onSlice={open ? setSlice : null}
                    whyNot={may ? undefined : 'Needs the permission campaign:operate'}
                  />
                </Cluster>
              ))}
            </ul>
          )
        }
      </Answer>
      {slice ? <SliceDialog campaign={campaign} shared={slice} action={action} onClose={() => setSlice(null)} /> : null}
    </Panel>
  );
}
