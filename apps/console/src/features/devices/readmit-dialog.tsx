import type { Device } from '@muster/contracts/devices/devices.schema';
import { readmitDevice } from '@muster/contracts/enrollment/bulk.routes';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';

/** Lets a device enrol once more: one that is out, or one that lost its key. */
export function ReadmitDialog({ device, onClose }: { readonly device: Device; readonly onClose: () => void }) {
  const readmit = useAction(readmitDevice, { stale: [['device', device.id], ['devices']], onDone: onClose });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={`Let ${device.name} enrol once more?`}
      verb="Let it in"
      reason="required"
      busy={readmit.isPending}
      error={readmit.error}
      onConfirm={(reason) => readmit.mutate({ params: { deviceId: device.id }, body: { reason } })}
    >
      <p>
        Whoever comes with its serial number and a credential that lets it in becomes <strong>{device.name}</strong>,
        with its record and history. The permission is spent by that.
      </p>
    </ConfirmAction>
  );
}
