import type * as routes from '@muster/contracts/enrollment/enrollment.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { enrollmentTokenStore, type TokenRow } from '@muster/persistence/enrollment/enrollment-token.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { formatEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { noSteps, toToken } from './enrollment.resource.js';
import { mintLetters } from './mint-letters.js';

/** Enrolment tokens: made, watched and revoked by people; spent at the device door. */
@Injectable()
export class TokensService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(call: Call<typeof routes.createEnrollmentToken>) {
    const { principal, body, requestId } = call;
    const { expiresInS, site = null, model = null, serial = null, ...rest } = body;
    const rootSha256 = await this.door.hierarchy.rootSha256();
    const credential = { prefix: mintLetters(10), secret: mintLetters(32), rootSha256 };
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + expiresInS * 1000);
    const row = await this.database.tenant(principal.tenantId, async (tx) => {
      const { prefix, secret } = credential;
      const wanted = { ...rest, site, model, serial, prefix, secret, expiresAt, createdBy: principal.name };
      const made = await enrollmentTokenStore.create(tx, wanted, now);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'enrollment_token.created',
        resource: `enrollment_token:${made.id}`,
        after: {
          name: made.name,
          prefix,
          maxUses: made.maxUses,
          expiresAt: expiresAt.toISOString(),
          model,
          serial,
          site,
        },
        requestId,
      });
      const payload = { tokenId: made.id };
      await outbox.drop(tx, { tenantId: principal.tenantId, type: 'enrollment.token_created', key: made.id, payload });
      return made;
    });
    const token = formatEnrollmentToken(credential);
    const { consoleUrl, deviceUrl } = this.door.urls;
    const command = `npx ${consoleUrl}/agent/muster-agent.tgz --url ${deviceUrl} --token ${token}`;
    return { ...toToken(row, noSteps), token, command };
  }

  list(call: Call<typeof routes.listEnrollmentTokens>) {
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await enrollmentTokenStore.list(tx, before as string | null, call.query.pageSize + 1);
      const steps = await enrollmentTokenStore.steps(
        tx,
        rows.map(({ id }) => id),
      );
      return this.paging.page(
        call,
        rows,
        (row) => [row.id],
        (row) => toToken(row, steps.get(row.id) ?? noSteps),
      );
    });
  }

  get(call: Call<typeof routes.getEnrollmentToken>) {
    const { principal, params } = call;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await enrollmentTokenStore.find(tx, params.tokenId);
      if (!row) throw Refusal.notFound('token', params.tokenId);
      return withSteps(tx, row);
    });
  }

  revoke(call: Call<typeof routes.revokeEnrollmentToken>) {
    const { principal, params, requestId } = call;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await enrollmentTokenStore.revoke(tx, params.tokenId, this.clock.now());
      if (!row) throw Refusal.notFound('token', params.tokenId);
      const resource = `enrollment_token:${row.id}`;
      await audit.append(tx, { actor: actorOf(principal), action: 'enrollment_token.revoked', resource, requestId });
      return withSteps(tx, row);
    });
  }
}

const withSteps = async (tx: Parameters<typeof enrollmentTokenStore.steps>[0], row: TokenRow) => {
  const steps = await enrollmentTokenStore.steps(tx, [row.id]);
  return toToken(row, steps.get(row.id) ?? noSteps);
};
