import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { DeviceSearch } from '../../app/search.js';
import { Answer } from '../../ui/answer.js';
import { Copyable } from '../../ui/copyable.js';
import { count, duration } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { BlockedNotice } from './blocked-notice.js';
import { CloneNotice } from './clone-notice.js';
import { CommandsPanel } from './commands.panel.js';
import { DeviceActions } from './device-actions.js';
import { DeviceOverviewPanel } from './device-overview.panel.js';
import { deviceQuery } from './devices.queries.js';
import { SwapNotice } from './swap-notice.js';
import { TimelinePanel } from './timeline.panel.js';
import { TwinPanel } from './twin.panel.js';
import { UpdatesPanel } from './updates.panel.js';

const TelemetryPanel = lazy(() =>
  import('../telemetry/telemetry.panel.js').then((module) => ({ default: module.TelemetryPanel })),
);

const CertificatesPanel = lazy(() =>
  import('./certificates.panel.js').then((module) => ({ default: module.CertificatesPanel })),
);

const route = getRouteApi('/inside/devices/$deviceId');

/** One device: its two states in the header, everything known about it in tabs. */
export function DevicePage() {
  const { deviceId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(deviceQuery(deviceId));
  const tab = search.tab ?? 'overview';
  const go = (next: DeviceSearch['tab']) => void navigate({ search: { tab: next }, replace: true });
  return (
    <Answer query={query} lines={12}>
      {(device) => (
        <>
          <PageHeader
            title={device.name}
            parent={{ to: '/devices', label: 'Devices' }}
            badge={
              <>
                <StatusBadge noun="presence" state={device.presence} form="pill" />
                <StatusBadge noun="device" state={device.state} form="pill" title={device.reasonDetail ?? undefined} />
                {device.pinned ? <span className="soft">pinned</span> : null}
              </>
            }
            sub={
              <>
                <Copyable text={device.id} label="device id" head={13} />
                <span>
                  {device.model}
                  {device.site ? ` · ${device.site}` : ''}
                </span>
                <span className="num">{device.firmwareVersion ?? 'no firmware reported'}</span>
                <span>
                  seen <RelativeTime at={device.lastSeenAt} />, expected every {duration(device.heartbeatS * 1000)}
                </span>
              </>
            }
            actions={<DeviceActions device={device} />}
          />
          <CloneNotice device={device} />
          <SwapNotice device={device} />
          <BlockedNotice device={device} />
          <Tabs value={tab} onChange={(value) => go(value as DeviceSearch['tab'])} keepMounted={false}>
            <Tabs.List aria-label="Device details" mb="md">
              <Tabs.Tab value="overview">Overview</Tabs.Tab>
              <Tabs.Tab value="telemetry">Telemetry</Tabs.Tab>
              <Tabs.Tab value="twin">Twin {device.driftCount > 0 ? `(${count(device.driftCount)})` : ''}</Tabs.Tab>
              <Tabs.Tab value="commands">Commands</Tabs.Tab>
              <Tabs.Tab value="updates">Updates</Tabs.Tab>
              <Tabs.Tab value="certificates">Certificate</Tabs.Tab>
              <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
            </Tabs.List>
            <div className={layout.stack}>
              <Tabs.Panel value="overview">
                <DeviceOverviewPanel device={device} />
              </Tabs.Panel>
              <Tabs.Panel value="telemetry">
                <Suspense fallback={null}>
                  <TelemetryPanel deviceId={deviceId} />
                </Suspense>
              </Tabs.Panel>
              <Tabs.Panel value="twin">
                <TwinPanel device={device} />
              </Tabs.Panel>
              <Tabs.Panel value="commands">
                <CommandsPanel device={device} />
              </Tabs.Panel>
              <Tabs.Panel value="updates">
                <UpdatesPanel device={device} />
              </Tabs.Panel>
              <Tabs.Panel value="certificates">
                <Suspense fallback={null}>
                  <CertificatesPanel device={device} />
                </Suspense>
              </Tabs.Panel>
              <Tabs.Panel value="timeline">
                <TimelinePanel deviceId={deviceId} />
              </Tabs.Panel>
            </div>
          </Tabs>
        </>
      )}
    </Answer>
  );
}
