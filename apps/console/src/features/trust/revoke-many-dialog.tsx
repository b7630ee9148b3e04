import { Select, TextInput } from '@mantine/core';
import type { Authority } from '@muster/contracts/trust/trust.schema';
import { useState } from 'react';
import { many } from '../../ui/format.js';
import { type RevocationReason, reasonOptions } from '../../ui/revocation-reasons.js';
import { ProposeDialog } from './propose-dialog.js';

/** Asks for the revocation of everything an authority issued: the answer to a key that got away. */
export function RevokeManyDialog({
  authority,
  onClose,
}: {
  readonly authority: Authority;
  readonly onClose: () => void;
}) {
  const [reason, setReason] = useState<RevocationReason>('keyCompromise');
  const [typed, setTyped] = useState('');
  const n = String(authority.liveCertificates);
  return (
    <ProposeDialog
      change={{ kind: 'revoke_many', authorityId: authority.id, reason }}
      onClose={onClose}
      blocked={typed !== n}
    >
      <p>
        <strong>{many(authority.liveCertificates, 'device')}</strong> lose their connection and must enrol again, each
        with a new permission. This cannot be undone.
      </p>
      <Select
        label="Reason code (RFC 5280)"
        allowDeselect={false}
        data={reasonOptions}
        value={reason}
        onChange={(value) => setReason(value as RevocationReason)}
      />
      <TextInput
        label={
          <>
            Type <code>{n}</code>, the number of certificates, to go on
          </>
        }
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value.trim())}
      />
    </ProposeDialog>
  );
}
