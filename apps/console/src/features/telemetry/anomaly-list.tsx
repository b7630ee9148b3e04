import type { Anomaly } from '@muster/contracts/telemetry/anomalies.schema';
import { IconCpu, IconRouter, IconWaveSine } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { moment, words } from '../../ui/format.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { metricName } from './metric-name.js';
import classes from './telemetry.module.css';

/** Whom to go and look at, told apart by shape, word and colour. */
const suspects = {
  sensor: { icon: IconWaveSine, word: 'Sensor', meaning: 'the sensor is in doubt, not what it measures' },
  asset: { icon: IconCpu, word: 'Asset', meaning: 'the readings are plausible: look at what is measured' },
  device: { icon: IconRouter, word: 'Device', meaning: 'the device itself behaves badly' },
} as const;

const HOUR = 3_600_000;

/** The charts around the time of an anomaly, with a little before it to compare with. */
export const chartAround = (anomaly: Anomaly) => {
  const since = Date.parse(anomaly.since);
  const last = Date.parse(anomaly.closedAt ?? anomaly.lastSeenAt);
  const margin = Math.max(HOUR, (last - since) / 2);
  return {
    tab: 'telemetry' as const,
    ...(anomaly.metric ? { metrics: anomaly.metric } : {}),
    ...(anomaly.place ? { place: anomaly.place } : {}),
    from: since - margin,
    to: Math.min(Date.now(), last + margin),
  };
};

interface AnomalyListProps {
  readonly items: readonly Anomaly[];
  /** Names the device of each; not needed on the device's own page. */
  readonly named?: boolean;
}

export function AnomalyList({ items, named = false }: AnomalyListProps) {
  return (
    <ul>
      {items.map((anomaly) => {
        const { icon: Icon, word, meaning } = suspects[anomaly.suspect];
        return (
          <li key={anomaly.id} className={classes.anomaly} data-state={anomaly.state}>
            <span className={classes.suspect} data-suspect={anomaly.suspect} title={meaning}>
              <Icon size={15} aria-hidden />
              {word}
            </span>
            <div className={classes.anomalyWords}>
              <p>
                <b>{words(anomaly.kind)}</b>
                {anomaly.metric ? ` · ${metricName(anomaly.metric, '', null).title}` : null}
                {anomaly.place ? <span className="quiet"> · {anomaly.asset ?? anomaly.place}</span> : null}
                {named ? (
                  <>
                    {' · '}
                    <Link to="/devices/$deviceId" params={{ deviceId: anomaly.deviceId }} className="link">
                      {anomaly.deviceName}
                    </Link>
                    {anomaly.site ? <span className="quiet"> · {anomaly.site}</span> : null}
                  </>
                ) : null}
              </p>
              <p className="soft">{anomaly.sentence}</p>
              <p className="quiet">
                since <RelativeTime at={anomaly.since} />
                {anomaly.state === 'closed' && anomaly.closedAt ? `, over at ${moment(anomaly.closedAt)}` : null}
              </p>
            </div>
            <Link
              to="/devices/$deviceId"
              params={{ deviceId: anomaly.deviceId }}
              search={chartAround(anomaly)}
              className="link"
            >
              Show in chart
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
