import type { Device } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { Answer } from '../../ui/answer.js';
import { Facts } from '../../ui/facts.js';
import { duration, moment } from '../../ui/format.js';
import { Ladder } from '../../ui/ladder.js';
import { layout } from '../../ui/layout.js';
import { useNow } from '../../ui/now.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { timeIn } from '../../ui/time-zones.js';
import { LatestPanel } from '../telemetry/latest.panel.js';
import classes from './devices.module.css';
import { explanationQuery } from './devices.queries.js';

function OnTarget({ deviceId }: { readonly deviceId: string }) {
  const explanation = useQuery(explanationQuery(deviceId));
  return (
    <Panel title="Is it on target?" bare>
      <Answer query={explanation} lines={6}>
        {({ sentence, steps }) => (
          <>
            <p className={classes.sentence}>{sentence}</p>
            <Ladder steps={steps} />
          </>
        )}
      </Answer>
    </Panel>
  );
}

function ZoneClock({ zone }: { readonly zone: string }) {
  const there = timeIn(zone, useNow());
  return (
    <span className="num">
      {zone} <span className="quiet">{there}</span>
    </span>
  );
}

/** Why the device is or is not on target, its newest values and what is known about it. */
export function DeviceOverviewPanel({ device }: { readonly device: Device }) {
  return (
    <div className={layout.wideLeft}>
      <div className={layout.stack}>
        <OnTarget deviceId={device.id} />
        <LatestPanel deviceId={device.id} />
      </div>
      <div className={layout.stack}>
        <Panel title="Identity">
          <Facts
            facts={[
              ['Serial', <code key="serial">{device.serial}</code>],
              ['Model', device.model],
              ['Hardware', device.hardwareRevision ?? '—'],
              ['Class', device.class],
              ['Site', device.site ?? '—'],
              device.timezone ? ['Time zone', <ZoneClock key="zone" zone={device.timezone} />] : null,
              [
                'Labels',
                Object.entries(device.labels)
                  .map(([key, value]) => `${key}=${value}`)
                  .join(', ') || '—',
              ],
              ['Enrolled', moment(device.createdAt)],
              device.synthetic && ['Kind', 'simulated device of the demo fleet'],
            ]}
          />
        </Panel>
        <Panel title="Condition">
          <Facts
            facts={[
              ['Presence', <StatusBadge key="presence" noun="presence" state={device.presence} />],
              ['Since', <RelativeTime key="since" at={device.presenceSince} />],
              [
                'Heartbeat',
                `every ${duration(device.heartbeatS * 1000)}, offline after ${device.missedHeartbeats} missed`,
              ],
              [
                'Health',
                device.health ? <StatusBadge key="health" noun="health" state={device.health} /> : 'not reported',
              ],
              ['Firmware', device.firmwareVersion ?? '—'],
              [
                'Last known good',
                device.lastKnownGood
                  ? `${device.lastKnownGood.version}, ${moment(device.lastKnownGood.confirmedAt)}`
                  : 'none confirmed yet',
              ],
              ['Agent', device.agentVersion ?? '—'],
              ['Twin', `desired v${device.desiredVersion}, acknowledged v${device.ackedVersion}`],
              ['Certificate until', device.certificateNotAfter ? moment(device.certificateNotAfter) : '—'],
            ]}
          />
        </Panel>
      </div>
    </div>
  );
}
