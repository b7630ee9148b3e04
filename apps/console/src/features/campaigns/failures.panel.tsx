import type { FailureCluster } from '@muster/contracts/campaigns/executions.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, percent, words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import classes from './campaigns.module.css';
import { failuresQuery } from './campaigns.queries.js';

function Lift({ rows }: { readonly rows: FailureCluster['attributes'] }) {
  if (rows.length === 0) return <p className="quiet">The failed have nothing in common that the others do not.</p>;
  return (
    <table className={classes.lift}>
      <caption className="visually-hidden">What the failed share</caption>
      <thead>
        <tr>
          <th scope="col">They share</th>
          <th scope="col">Failed</th>
          <th scope="col">Times as likely</th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 5).map((row) => (
          <tr key={`${row.attribute} ${row.value}`}>
            <td>
              <span className="quiet">{row.attribute}</span> {row.value}
            </td>
            <td className="num">
              {count(row.failed)} of {count(row.of)} ({percent(row.failed / Math.max(1, row.of), 0)})
            </td>
            <td className="num">{row.lift.toFixed(1)}×</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Failures put together by code and phase, the largest first, each with what its devices share. */
export function FailuresPanel({ campaignId }: { readonly campaignId: string }) {
  const failures = useQuery(failuresQuery(campaignId));
  return (
    <Panel title="Failures" aside="by reason and phase" bare>
      <Answer query={failures}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No failures">No device of this campaign has failed.</EmptyState>
          ) : (
            <ul>
              {items.map((cluster) => (
                <li key={`${cluster.reasonCode} ${cluster.phase} ${cluster.state}`} className={classes.cluster}>
                  <div>
                    <p className={classes.clusterHead}>
                      <b className="num">{count(cluster.count)}</b>
                      <StatusBadge noun="execution" state={cluster.state} />
                      <code>{cluster.reasonCode}</code>
                      {cluster.phase && cluster.phase !== cluster.state ? (
                        <span className="soft">while {words(cluster.phase).toLowerCase()}</span>
                      ) : null}
                    </p>
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
                  <Lift rows={cluster.attributes} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
