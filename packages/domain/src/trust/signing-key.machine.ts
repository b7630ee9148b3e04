import { signingKeyStates } from '@muster/contracts/trust/trust.schema';
import { type EventOf, machine } from '../machine.js';

/** A signing key: announced, then signing, then only believed, then not even that. The active one is never revoked: activate another first. */
export const signingKey = machine(
  signingKeyStates,
  {
    next: { activate: 'active', revoke: 'revoked' },
    active: { retire: 'retired' },
    retired: { activate: 'active', revoke: 'revoked' },
    revoked: {},
  },
  'next',
);
export type SigningKeyEvent = EventOf<typeof signingKey>;
