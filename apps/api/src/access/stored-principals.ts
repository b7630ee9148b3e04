import { permissionsOf } from '@muster/domain/access/role-permissions';
import { apiKeyStore } from '@muster/persistence/access/api-key.store';
import { sessionStore } from '@muster/persistence/access/session.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Credentials, type Principal, PrincipalSource } from '../http/principal.js';

/** Principals from the sessions and API keys in the database. Nothing is cached: what is revoked is out at once. */
@Injectable()
export class StoredPrincipals extends PrincipalSource {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async resolve({ apiKey, sessionToken }: Credentials): Promise<Principal | null> {
    if (apiKey !== undefined) return this.byKey(apiKey);
    return sessionToken === undefined ? null : this.bySession(sessionToken);
  }

  private async byKey(presented: string): Promise<Principal | null> {
    const key = await this.database.system((tx) => apiKeyStore.resolve(tx, presented, this.clock.now()));
    if (!key) return null;
    const { id, tenantId, name, permissions } = key;
    return { kind: 'api_key', id, tenantId, name, role: null, permissions: new Set(permissions), sessionId: null };
  }

  private async bySession(token: string): Promise<Principal | null> {
    const person = await this.database.system((tx) => sessionStore.resolve(tx, token, this.clock.now()));
    if (!person) return null;
    const { userId, tenantId, name, role, sessionId } = person;
    const permissions = new Set(permissionsOf(role));
    return { kind: 'user', id: userId, tenantId, name, role, permissions, sessionId };
  }
}
