import type * as routes from '@muster/contracts/access/access.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { governanceStore } from '@muster/persistence/tenants/governance.store';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';

/** Which duties a tenant keeps apart. */
@Injectable()
export class GovernanceService {
  constructor(private readonly database: Database) {}

  get(call: Call<typeof routes.getGovernance>) {
    return this.database.tenant(call.principal.tenantId, (tx) => governanceStore.get(tx));
  }

  update({ principal, body, requestId }: Call<typeof routes.updateGovernance>) {
    return this.database.tenant(principal.tenantId, async (tx) => {
      const before = await governanceStore.lock(tx);
      await governanceStore.set(tx, body);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'governance.changed',
        resource: `tenant:${principal.tenantId}`,
        before,
        after: body,
        requestId,
      });
      return body;
    });
  }
}
