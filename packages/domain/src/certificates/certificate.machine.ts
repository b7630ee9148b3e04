import { certificateStates } from '@muster/contracts/certificates/certificates.schema';
import { type EventOf, machine } from '../machine.js';

/**
 * A certificate's life. It is `active` from its first login, and only then does the one before it become `superseded`:
 * a device whose power fails between issuing and storing still has one that works. `on_hold` is reversible, `revoked` final.
 */
export const certificate = machine(
  certificateStates,
  {
    requested: { require_approval: 'pending_approval', issue: 'issued', reject: 'rejected' },
    pending_approval: { issue: 'issued', reject: 'rejected' },
    issued: { activate: 'active', hold: 'on_hold', expire: 'expired', revoke: 'revoked' },
    active: { supersede: 'superseded', hold: 'on_hold', expire: 'expired', revoke: 'revoked' },
    superseded: { expire: 'expired', revoke: 'revoked' },
    on_hold: { release: 'active', release_unused: 'issued', expire: 'expired', revoke: 'revoked' },
    expired: { revoke: 'revoked' },
    revoked: {},
    rejected: {},
  },
  'requested',
);
export type CertificateEvent = EventOf<typeof certificate>;
