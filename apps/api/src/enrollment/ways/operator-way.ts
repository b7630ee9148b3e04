import { done, refused } from '@muster/domain/result';
import type { Database } from '@muster/persistence/database';
import { approvalStore } from '@muster/persistence/enrollment/approval.store';
import { enrollmentSettingsStore } from '@muster/persistence/enrollment/enrollment-settings.store';
import { NOTHING } from './nothing.js';
import type { Way } from './way.js';

/** The way in of a device without any credential: a person decides, where the tenant allows that. Null where it does not. */
export const operatorWay = async (database: Database, tenantId: string): Promise<Way | null> => {
  const { operatorApproval } = await database.tenant(tenantId, (tx) => enrollmentSettingsStore.get(tx));
  if (!operatorApproval) return null;
  return {
    tenantId,
    source: 'approval',
    tokenId: null,
    resource: `tenant:${tenantId}`,
    heldBy: 'nobody',
    async enter(tx, { request }, now) {
      const { operatorApproval: still } = await enrollmentSettingsStore.get(tx);
      const asked = await approvalStore.findByRequest(tx, request.requestHash);
      const approved = asked?.state === 'approved' && now < asked.expiresAt;
      return {
        via: 'the approval of a person',
        alive: approved,
        sourceId: asked?.id ?? null,
        bound: false,
        place: { class: 'gateway', site: null, labels: {} },
        kind: 'operator',
        verdict: still ? done('ask') : refused('unauthenticated', NOTHING),
        spend: () => Promise.resolve(null),
      };
    },
  };
};
