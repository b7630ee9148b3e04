import { Button } from '@mantine/core';
import { patchDevice } from '@muster/contracts/devices/devices.routes';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { IconClockPause } from '@tabler/icons-react';
import { useAction } from '../../api/use-action.js';
import { moment } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { useMay } from '../access/session.queries.js';
import classes from './devices.module.css';

/** Updates are held back from a device that failed again and again: until when, and how to let it try earlier. */
export function BlockedNotice({ device }: { readonly device: Device }) {
  const now = useNow();
  const may = useMay('device:write');
  const lift = useAction(patchDevice, { stale: [['device', device.id]] });
  const until = device.updatesBlockedUntil;
  if (!until || Date.parse(until) <= now) return null;
  return (
    <div className={classes.blocked} role="status">
      <IconClockPause size={17} aria-hidden />
      <p>
        <b>No update is offered</b> until {moment(until)} (<RelativeTime at={until} />
        ): it failed again and again.
      </p>
      <Button
        variant="default"
        size="compact-xs"
        disabled={!may}
        title={may ? 'Let campaigns offer it updates again' : 'Needs the permission device:write'}
        loading={lift.isPending}
        onClick={() =>
          lift.mutate({ params: { deviceId: device.id }, body: { updatesBlockedUntil: null }, match: device.version })
        }
      >
        Lift
      </Button>
      {lift.isError ? <ProblemNotice error={lift.error} /> : null}
    </div>
  );
}
