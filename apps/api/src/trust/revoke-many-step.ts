import { revokeMany } from '@muster/persistence/certificates/revoke-certificates';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import type { ChangeStep } from './change-step.js';

/** Many certificates at once, by name or by who issued them. */
export const revokeManyStep: ChangeStep<'revoke_many'> = {
  reach: 'tenant',
  async check(tx, { certificateIds, authorityId, reason }, { now }) {
    if (certificateIds === undefined && authorityId === undefined)
      throw new Refusal('validation_failed', undefined, undefined, [
        { pointer: '/body/change', message: 'names neither certificates nor an authority' },
      ]);
    if (certificateIds !== undefined)
      return `Revokes at most ${new Set(certificateIds).size} certificates (${reason}).`;
    const authority = await authorityStore.find(tx, authorityId!);
    if (authority?.kind !== 'device') throw Refusal.notFound('authority', authorityId!);
    const live = await rolloverStore.countLive(tx, authority.id, now);
    return `Revokes the ${live} live certificates of generation ${authority.generation} (${reason}).`;
  },
  async apply(tx, { certificateIds, authorityId, reason }, { principal, now, requestId }) {
    const order = { actor: actorOf(principal), reason, comment: null, requestId };
    const { revoked, devices } = await revokeMany(tx, { certificateIds, authorityId }, order, now);
    return `${revoked} certificates of ${devices} devices were revoked.`;
  },
};
