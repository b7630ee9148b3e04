import { requestRenewal } from '@muster/contracts/certificates/certificates.routes';
import type { Certificate } from '@muster/contracts/certificates/certificates.schema';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';

interface RenewDialogProps {
  readonly certificate: Certificate;
  readonly onClose: () => void;
}

/** Opens the renewal window now; the device is told and answers with a new key. */
export function RenewDialog({ certificate, onClose }: RenewDialogProps) {
  const { deviceId } = certificate;
  const renew = useAction(requestRenewal, { stale: [['device', deviceId], ['certificates']], onDone: onClose });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title="Ask for a new certificate?"
      verb="Ask for it"
      busy={renew.isPending}
      error={renew.error}
      onConfirm={() => renew.mutate({ params: { deviceId } })}
    >
      <p>
        The device makes a new key and gets a certificate for it. This one stays valid until the new one is in use, so
        nothing is lost when it fails on the way.
      </p>
    </ConfirmAction>
  );
}
