import { done, refused } from '@muster/domain/result';
import type { Database } from '@muster/persistence/database';
import { registeredKeyStore } from '@muster/persistence/enrollment/registered-key.store';
import { NOTHING } from './nothing.js';
import type { Way } from './way.js';

/** The way in of a device whose key was registered before; its request proves the key. Null when nobody registered it. */
export const keyWay = async (database: Database, keyHash: string, tenant: string | null): Promise<Way | null> => {
  const located = await database.system((tx) => registeredKeyStore.locate(tx, keyHash));
  if (!located || (tenant !== null && tenant !== located.tenantId)) return null;
  const { tenantId, id } = located;
  return {
    tenantId,
    source: 'registered_key',
    tokenId: null,
    resource: `registered_key:${id}`,
    heldBy: 'nobody',
    async enter(tx, { claim }, now) {
      const key = (await registeredKeyStore.lock(tx, id))!;
      const same = key.model === claim.model && key.serial === claim.serial;
      return {
        via: 'its registered key',
        alive: key.revokedAt === null,
        sourceId: id,
        bound: same,
        // The device was registered with its key, so there is nothing left to place.
        place: { class: 'gateway', site: null, labels: {} },
        kind: null,
        verdict: key.revokedAt
          ? refused('unauthenticated', NOTHING)
          : same
            ? done('admit')
            : refused('identity_mismatch', 'The key is registered for another device.'),
        async spend() {
          await registeredKeyStore.spend(tx, id, now);
          return null;
        },
      };
    },
  };
};
