import { Button, Menu } from '@mantine/core';
import {
  activateDevice,
  decommissionDevice,
  patchDevice,
  quarantineDevice,
  startMaintenance,
} from '@muster/contracts/devices/devices.routes';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { useMay } from '../access/session.queries.js';
import { ReadmitDialog } from './readmit-dialog.js';
import { SwapDialog } from './swap-dialog.js';

const verbs = {
  maintain: {
    route: startMaintenance,
    from: ['active'],
    label: 'Start maintenance',
    text: 'Campaigns leave it out until it is active again. It stays connected.',
    danger: false,
  },
  activate: {
    route: activateDevice,
    from: ['maintenance', 'quarantined'],
    label: 'Return to active',
    text: 'Campaigns and configs reach it again.',
    danger: false,
  },
  quarantine: {
    route: quarantineDevice,
    from: ['active', 'maintenance'],
    label: 'Quarantine',
    text: 'Its session is cut and its connections are refused until it is made active again. Its record stays.',
    danger: true,
  },
  decommission: {
    route: decommissionDevice,
    from: ['pre_registered', 'pending_approval', 'active', 'maintenance', 'quarantined'],
    label: 'Decommission',
    text: 'Its certificates are revoked for good. To come back it must be let in to enrol once more.',
    danger: true,
  },
} as const;
type Verb = keyof typeof verbs;

/** Whose identity may be given to a device that comes without its old key. */
const readmitted = ['active', 'maintenance', 'quarantined', 'decommissioned'];

function Confirm({
  verb,
  device,
  onClose,
}: {
  readonly verb: Verb;
  readonly device: Device;
  readonly onClose: () => void;
}) {
  const { route, label, text, danger } = verbs[verb];
  const action = useAction(route, { stale: [['device', device.id], ['devices'], ['fleet']], onDone: onClose });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={`${label}: ${device.name}`}
      verb={label}
      danger={danger}
      reason="required"
      type={verb === 'decommission' ? device.name : undefined}
      busy={action.isPending}
      error={action.error}
      onConfirm={(reason) =>
        action.mutate({ params: { deviceId: device.id }, body: { reason }, match: device.version })
      }
    >
      <p>{text}</p>
    </ConfirmAction>
  );
}

/** What can be done with a device as it is now. */
export function DeviceActions({ device }: { readonly device: Device }) {
  const [verb, setVerb] = useState<Verb | null>(null);
  const [dialog, setDialog] = useState<'swap' | 'readmit' | null>(null);
  const mayReadmit = useMay('enrollment:approve');
  const mayMove = useMay('device:decommission');
  const mayWrite = useMay('device:write');
  const pin = useAction(patchDevice, { stale: [['device', device.id]] });
  return (
    <>
      <Menu width={210}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            disabled={!mayWrite}
            onClick={() =>
              pin.mutate({ params: { deviceId: device.id }, body: { pinned: !device.pinned }, match: device.version })
            }
          >
            {device.pinned ? 'Unpin its firmware' : 'Pin its firmware'}
          </Menu.Item>
          {device.successorId === null && device.state !== 'pre_registered' ? (
            <Menu.Item
              disabled={!mayMove}
              title={mayMove ? undefined : 'Needs the permission device:decommission'}
              onClick={() => setDialog('swap')}
            >
              Replace the hardware…
            </Menu.Item>
          ) : null}
          {device.successorId === null && readmitted.includes(device.state) ? (
            <Menu.Item
              disabled={!mayReadmit}
              title={mayReadmit ? undefined : 'Needs the permission enrollment:approve'}
              onClick={() => setDialog('readmit')}
            >
              Let it enrol once more…
            </Menu.Item>
          ) : null}
          <Menu.Divider />
          {(Object.keys(verbs) as Verb[])
            .filter((key) => (verbs[key].from as readonly string[]).includes(device.state))
            .map((key) => (
              <Menu.Item
                key={key}
                disabled={!mayMove}
                title={mayMove ? undefined : 'Needs the permission device:decommission'}
                {...(verbs[key].danger ? { color: 'red' } : {})}
                onClick={() => setVerb(key)}
              >
                {verbs[key].label}…
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
      {dialog === 'swap' ? <SwapDialog device={device} onClose={() => setDialog(null)} /> : null}
      {dialog === 'readmit' ? <ReadmitDialog device={device} onClose={() => setDialog(null)} /> : null}
      {verb ? <Confirm verb={verb} device={device} onClose={() => setVerb(null)} /> : null}
    </>
  );
}
