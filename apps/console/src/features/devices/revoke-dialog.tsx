import { Select } from '@mantine/core';
import { revokeCertificate } from '@muster/contracts/certificates/certificates.routes';
import type { Certificate } from '@muster/contracts/certificates/certificates.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { type RevocationReason, reasonOptions } from '../../ui/revocation-reasons.js';

interface RevokeDialogProps {
  readonly certificate: Certificate;
  readonly onClose: () => void;
}

/** Revokes one certificate; the times at which that was felt then stand in its facts. */
export function RevokeDialog({ certificate, onClose }: RevokeDialogProps) {
  const [reason, setReason] = useState<RevocationReason>('unspecified');
  const revoke = useAction(revokeCertificate, {
    stale: [['device', certificate.deviceId], ['certificates'], ['trust']],
    onDone: onClose,
  });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title="Revoke this certificate?"
      verb="Revoke"
      danger
      reason="optional"
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={(comment) =>
        revoke.mutate({
          params: { certificateId: certificate.id },
          body: { reason, ...(comment ? { comment } : {}) },
        })
      }
    >
      <p>
        Its session ends within two seconds and every later connection with it is refused. This cannot be undone: to
        come back, the device must be let in to enrol once more.
      </p>
      <Select
        label="Reason code (RFC 5280)"
        allowDeselect={false}
        data={reasonOptions}
        value={reason}
        onChange={(value) => setReason(value as RevocationReason)}
      />
    </ConfirmAction>
  );
}
