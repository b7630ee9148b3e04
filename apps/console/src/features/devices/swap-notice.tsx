import type { Device } from '@muster/contracts/devices/devices.schema';
import { IconReplace } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './certificates.module.css';
import { deviceQuery } from './devices.queries.js';

function DeviceName({ deviceId }: { readonly deviceId: string }) {
  const device = useQuery({ ...deviceQuery(deviceId), refetchInterval: false }).data;
  return (
    <Link to="/devices/$deviceId" params={{ deviceId }} className="link">
      {device ? `${device.name} (${device.serial})` : deviceId}
    </Link>
  );
}

/** Whose place this device took, and which one took its own. */
export function SwapNotice({ device }: { readonly device: Device }) {
  const { predecessorId, successorId } = device;
  if (!predecessorId && !successorId) return null;
  return (
    <div className={classes.notice} role="status">
      <IconReplace size={18} aria-hidden />
      <p>
        {successorId ? (
          <>
            <b>Its hardware was replaced</b> by <DeviceName deviceId={successorId} />.{' '}
          </>
        ) : null}
        {predecessorId ? (
          <>
            It took the place of <DeviceName deviceId={predecessorId} />, whose history goes on here.
          </>
        ) : null}
      </p>
    </div>
  );
}
