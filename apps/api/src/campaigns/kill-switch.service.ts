import type * as routes from '@muster/contracts/campaigns/brakes.routes';
import type { KillSwitch } from '@muster/contracts/campaigns/brakes.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { leaveToPeople, pauseEverything } from '@muster/persistence/campaigns/pause-everything';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { brakeStore, type KillSwitchRow } from '@muster/persistence/tenants/brake.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';

const toKillSwitch = ({ since, by, reason }: KillSwitchRow): KillSwitch => ({
  engaged: since !== null,
  since: since?.toISOString() ?? null,
  by,
  reason,
});

/** The brake of the whole tenant. What it does is committed before it is answered. */
@Injectable()
export class KillSwitchService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  get(call: Call<typeof routes.getKillSwitch>): Promise<KillSwitch> {
    return this.database.tenant(call.principal.tenantId, async (tx) => toKillSwitch(await brakeStore.read(tx)));
  }

  /** Setting it to what it is changes nothing. Releasing it resumes nothing: somebody does, campaign by campaign. */
  set(call: Call<typeof routes.setKillSwitch>): Promise<KillSwitch> {
    const { principal, body, requestId } = call;
    const { engaged, reason } = body;
    const { tenantId, name: by } = principal;
    const now = this.clock.now();
    return this.database.insist(tenantId, async (tx) => {
      const before = await brakeStore.hold(tx);
      if ((before.since !== null) === engaged) return toKillSwitch(before);
      const after = engaged ? { since: now, by, reason } : { since: null, by: null, reason: null };
      await brakeStore.set(tx, after);
      const acting = { by, reason };
      const letters = engaged ? await pauseEverything(tx, acting, now) : await leaveToPeople(tx, acting, now);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: engaged ? 'kill_switch.engaged' : 'kill_switch.released',
        resource: `tenant:${tenantId}`,
        before: toKillSwitch(before),
        after: toKillSwitch(after),
        reason,
        requestId,
      });
      await outbox.dropAll(tx, [
        { tenantId, type: 'kill_switch.changed', key: tenantId, payload: { engaged, by, reason } },
        ...letters,
      ]);
      return toKillSwitch(after);
    });
  }
}
