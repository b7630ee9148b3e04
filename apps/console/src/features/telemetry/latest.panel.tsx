import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { reading } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { metricName } from './metric-name.js';
import classes from './telemetry.module.css';
import { latestQuery } from './telemetry.queries.js';

/** The newest value of every metric, by place. */
export function LatestPanel({ deviceId }: { readonly deviceId: string }) {
  const latest = useQuery(latestQuery(deviceId));
  return (
    <Panel
      title="Newest values"
      actions={
        <Link to="/devices/$deviceId" params={{ deviceId }} search={{ tab: 'telemetry' }} className="link">
          Charts
        </Link>
      }
      bare
    >
      <Answer query={latest}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No telemetry yet" />
          ) : (
            <ul className={classes.latest}>
              {items.map((value) => {
                const { title, unit } = metricName(value.metric, value.title, value.unit);
                return (
                  <li key={`${value.place} ${value.metric}`} title={value.metric}>
                    <span className="soft">
                      {title}
                      {value.place ? <span className="quiet"> {value.asset ?? value.place}</span> : null}
                    </span>
                    <span className={`${classes.value} num`}>
                      {value.masked ? 'hidden' : value.value === null ? 'no reading' : reading(value.value)}{' '}
                      <small>{unit}</small>
                    </span>
                    <RelativeTime at={value.at} className="quiet" />
                  </li>
                );
              })}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}
