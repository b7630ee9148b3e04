import { releaseStates } from '@muster/contracts/releases/releases.schema';
import { type EventOf, machine } from '../machine.js';

/** A release on its way to devices; once signed its manifest never changes, once revoked it never returns. */
export const release = machine(
  releaseStates,
  {
    draft: { sign: 'signed', revoke: 'revoked' },
    signed: { publish: 'published', revoke: 'revoked' },
    published: { revoke: 'revoked' },
    revoked: {},
  },
  'draft',
);
export type ReleaseEvent = EventOf<typeof release>;
