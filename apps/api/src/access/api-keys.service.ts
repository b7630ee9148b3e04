import type * as routes from '@muster/contracts/access/access.routes';
import { apiKeyStore } from '@muster/persistence/access/api-key.store';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toApiKey } from './access.resource.js';

const DAY_MS = 24 * 3600_000;

/** Keys of machines. A key never outranks who made it. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listApiKeys>) {
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await apiKeyStore.list(tx, before as string | null, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.id], toApiKey);
    });
  }

  create(call: Call<typeof routes.createApiKey>) {
    const { principal, body, requestId } = call;
    const permissions = [...new Set(body.permissions)];
    const missing = permissions.filter((permission) => !principal.permissions.has(permission));
    if (missing.length > 0) {
      throw new Refusal('forbidden', `You cannot give away what you lack: ${missing.join(', ')}.`, { missing });
    }
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + body.expiresInDays * DAY_MS);
    return this.database.tenant(principal.tenantId, async (tx) => {
      const key = { name: body.name, permissions, createdBy: principal.name, expiresAt };
      const { row, secret } = await apiKeyStore.create(tx, key, now);
      const record = { actor: actorOf(principal), action: 'api_key.created', resource: `api_key:${row.id}` };
      await audit.append(tx, { ...record, after: { name: row.name, prefix: row.prefix, permissions }, requestId });
      return { ...toApiKey(row), secret };
    });
  }

  revoke(call: Call<typeof routes.revokeApiKey>) {
    const { principal, params, requestId } = call;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await apiKeyStore.revoke(tx, params.keyId, this.clock.now());
      if (!row) throw Refusal.notFound('apiKey', params.keyId);
      const record = { actor: actorOf(principal), action: 'api_key.revoked', resource: `api_key:${row.id}` };
      await audit.append(tx, { ...record, requestId });
      return toApiKey(row);
    });
  }
}
