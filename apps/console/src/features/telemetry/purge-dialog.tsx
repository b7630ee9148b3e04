import { SegmentedControl } from '@mantine/core';
import { createPurge } from '@muster/contracts/telemetry/retention.routes';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { usePrincipal } from '../access/session.queries.js';
import { deviceQuery } from '../devices/devices.queries.js';
import { DeviceSelect } from './device-select.js';

/** Removes what was measured, for good: of one device or of all. The name is typed, so that no press alone does it. */
export function PurgeDialog({ onClose }: { readonly onClose: () => void }) {
  const principal = usePrincipal();
  const [scope, setScope] = useState<'device' | 'tenant'>('device');
  const [deviceId, setDeviceId] = useState<string | undefined>();
  const device = useQuery({ ...deviceQuery(deviceId ?? ''), enabled: deviceId !== undefined }).data;
  const purge = useAction(createPurge, { stale: [['purges']], onDone: onClose });
  const tenant = principal?.tenant ?? '';
  const named = scope === 'tenant' ? tenant : device?.name;
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title="Remove measured data"
      verb="Remove for good"
      danger
      reason="required"
      // Nothing can be typed for a device nobody has chosen.
      type={named ?? 'the device’s name'}
      busy={purge.isPending}
      error={purge.error}
      onConfirm={(reason) => {
        if (scope === 'tenant') purge.mutate({ body: { deviceId: null, reason, confirm: tenant } });
        else if (deviceId) purge.mutate({ body: { deviceId, reason } });
      }}
    >
      <SegmentedControl
        aria-label="Of what"
        value={scope}
        data={[
          { value: 'device', label: 'One device' },
          { value: 'tenant', label: 'All devices' },
        ]}
        onChange={(next) => setScope(next as typeof scope)}
      />
      {scope === 'device' ? (
        <DeviceSelect label="Device" placeholder="Find a device…" deviceId={deviceId} onChange={setDeviceId} />
      ) : null}
      <p>
        Raw messages, hourly, daily and weekly values, archives and dead letters of{' '}
        <strong>
          {scope === 'tenant' ? `every device of ${principal?.tenantName ?? tenant}` : (device?.name ?? 'the device')}
        </strong>{' '}
        are removed and cannot be brought back. What is measured from now on is stored as before.
      </p>
    </ConfirmAction>
  );
}
