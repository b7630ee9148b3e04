import type { revocationReasons } from '@muster/contracts/certificates/certificates.schema';

export type RevocationReason = (typeof revocationReasons)[number];

const words: Readonly<Record<RevocationReason, string>> = {
  unspecified: 'not said (unspecified)',
  keyCompromise: 'its key may be known to others (keyCompromise)',
  cessationOfOperation: 'it is out of service (cessationOfOperation)',
  privilegeWithdrawn: 'it may no longer (privilegeWithdrawn)',
  superseded: 'another took its place (superseded)',
};

/** Why a certificate is revoked, in words beside the code that its list will carry. */
export const reasonOptions = Object.entries(words).map(([value, label]) => ({ value, label }));
