import { Button } from '@mantine/core';
import type { DeviceEvent } from '@muster/contracts/devices/devices.schema';
import {
  IconAdjustments,
  IconAdjustmentsHorizontal,
  IconCertificate,
  IconCircle,
  IconCircleDot,
  IconFlag,
  IconGitCompare,
  IconPackage,
  IconPlayerPlay,
  IconPlug,
  IconRefresh,
} from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { inline, moment, words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import classes from './devices.module.css';
import { timelineQuery } from './devices.queries.js';

const icons: Record<DeviceEvent['kind'], typeof IconPlug> = {
  enrolled: IconPlug,
  online: IconCircleDot,
  offline: IconCircle,
  twin: IconAdjustments,
  config: IconAdjustmentsHorizontal,
  drift: IconGitCompare,
  command: IconPlayerPlay,
  execution: IconPackage,
  certificate: IconCertificate,
  state: IconFlag,
  reboot: IconRefresh,
};

/** Facts worth a reader's eye; ids and instants stay in the entry's tooltip, and that something was never seen before is no fact. */
const telling = ['from', 'to', 'version', 'class', 'reasonCode', 'reasonDetail', 'code', 'name', 'attempt'];

const factsLine = (facts: DeviceEvent['facts']) =>
  Object.entries(facts)
    .filter(([key, value]) => telling.includes(key) && value !== null && value !== 'never' && typeof value !== 'object')
    .map(([key, value]) => `${words(key).toLowerCase()} ${typeof value === 'string' ? value : inline(value)}`)
    .join(' · ');

/** What happened to the device, newest first. */
export function TimelinePanel({ deviceId }: { readonly deviceId: string }) {
  const timeline = useInfiniteQuery(timelineQuery(deviceId));
  return (
    <Panel title="Timeline" aside="newest first" bare>
      <Answer query={timeline} lines={8}>
        {({ pages }) => {
          const events = pages.flatMap((page) => page.items);
          return events.length === 0 ? (
            <EmptyState title="Nothing has happened yet" />
          ) : (
            <>
              <ol>
                {events.map((event) => {
                  const Icon = icons[event.kind] ?? IconFlag;
                  return (
                    <li key={event.id} className={classes.event} title={JSON.stringify(event.facts)}>
                      <span className="quiet" title={moment(event.at)}>
                        <RelativeTime at={event.at} />
                      </span>
                      <Icon size={16} stroke={1.7} role="img" aria-label={words(event.kind)} />
                      <span>
                        {event.summary}
                        <span className={classes.facts}> {factsLine(event.facts)}</span>
                      </span>
                    </li>
                  );
                })}
              </ol>
              {timeline.hasNextPage ? (
                <Button
                  variant="subtle"
                  color="gray"
                  fullWidth
                  loading={timeline.isFetchingNextPage}
                  onClick={() => void timeline.fetchNextPage()}
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
