import { judgeToken } from '@muster/domain/enrollment/judge-token';
import { done } from '@muster/domain/result';
import type { Database } from '@muster/persistence/database';
import { enrollmentTokenStore } from '@muster/persistence/enrollment/enrollment-token.store';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { Refusal } from '../../http/refusal.js';
import type { Way } from './way.js';

/** @throws Refusal token_invalid, the same for a token that never was, a wrong secret and one of another tenant */
export const tokenWay = async (database: Database, bearer: string, tenant: string | null): Promise<Way> => {
  const credential = parseEnrollmentToken(bearer);
  const located =
    credential &&
    (await database.system((tx) => enrollmentTokenStore.locate(tx, credential.prefix, credential.secret)));
  if (!located || (tenant !== null && tenant !== located.tenantId)) throw new Refusal('token_invalid');
  const { tenantId, id } = located;
  return {
    tenantId,
    source: 'token',
    tokenId: id,
    resource: `enrollment_token:${id}`,
    heldBy: 'one',
    async enter(tx, { claim }, now) {
      const token = (await enrollmentTokenStore.lock(tx, id))!;
      const judged = judgeToken(token, claim, now);
      return {
        via: `token ${token.name}`,
        alive: token.revokedAt === null && now < token.expiresAt,
        sourceId: null,
        bound: token.serial === claim.serial,
        place: token,
        kind: null,
        verdict: judged.ok ? done('admit') : judged,
        async spend(deviceId) {
          await enrollmentTokenStore.spend(tx, id);
          return { tenantId, type: 'enrollment.token_used', key: id, payload: { tokenId: id, deviceId } };
        },
      };
    },
  };
};
