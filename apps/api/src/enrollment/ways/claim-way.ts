import { createHash } from 'node:crypto';
import { judgeClaim } from '@muster/domain/enrollment/judge-claim';
import type { Database } from '@muster/persistence/database';
import { claimBatchStore } from '@muster/persistence/enrollment/claim-batch.store';
import { validateBootstrapPath } from '@muster/pki/path/validate-bootstrap-path';
import { Refusal } from '../../http/refusal.js';
import type { TrustedIssuers } from '../trusted-issuers.js';
import type { Way } from './way.js';

/**
 * The way in of a claim certificate (DER; possession of its key is proven). Null when it is none of ours.
 * @throws Refusal certificate_expired
 */
export const claimWay = async (
  database: Database,
  issuers: TrustedIssuers,
  der: Buffer,
  now: Date,
): Promise<Way | null> => {
  const path = validateBootstrapPath(der, await issuers.bootstrap(), now);
  if (!path.ok && path.expired) throw new Refusal('certificate_expired', 'The claim certificate has ended.');
  if (!path.ok) return null;
  const fingerprint = createHash('sha256').update(der).digest('hex');
  const located = await database.system((tx) => claimBatchStore.locate(tx, fingerprint));
  if (located?.tenantId !== path.tenant || located.id !== path.batchId) return null;
  const { tenantId, id } = located;
  return {
    tenantId,
    source: 'claim',
    tokenId: null,
    resource: `claim_batch:${id}`,
    heldBy: 'many',
    async enter(tx, { claim }, at) {
      const batch = (await claimBatchStore.lock(tx, id))!;
      const listed = await claimBatchStore.isListed(tx, id, claim.serial);
      const enrolledLastHour = batch.hourlyQuota === null ? 0 : await claimBatchStore.countLastHour(tx, id, at);
      return {
        via: `claim batch ${batch.name}`,
        alive: batch.revokedAt === null && at < batch.expiresAt,
        sourceId: id,
        // Every device of the batch holds the same certificate, so it speaks for none of them.
        bound: false,
        place: batch,
        kind: 'claim',
        verdict: judgeClaim({ ...batch, enrolledLastHour }, { model: claim.model, listed }, at),
        async spend(deviceId) {
          await claimBatchStore.spend(tx, id, claim.serial, deviceId, at);
          return { tenantId, type: 'enrollment.claim_changed', key: id, payload: { batchId: id } };
        },
      };
    },
  };
};
