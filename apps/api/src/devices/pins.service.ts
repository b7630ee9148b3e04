import type * as routes from '@muster/contracts/devices/devices.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { pinStore } from '@muster/persistence/devices/pin.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';

/** Keeps a group of devices on the release it runs: no campaign takes a pinned device. */
@Injectable()
export class PinsService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  pin(call: Call<typeof routes.pinDevices>) {
    const { principal, body, requestId } = call;
    const { selector, pinned, reason } = body;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const { removed, ...counts } = await pinStore.pin(tx, selector, pinned, this.clock.now());
      if (counts.changed === 0) return counts;
      await audit.append(tx, {
        actor: actorOf(principal),
        action: pinned ? 'device.group_pinned' : 'device.group_released',
        resource: 'devices',
        after: { selector, pinned, ...counts, removed },
        ...(reason === undefined ? {} : { reason }),
        requestId,
      });
      await outbox.drop(tx, {
        tenantId: principal.tenantId,
        type: 'device.group_pinned',
        key: 'devices',
        payload: { pinned, changed: counts.changed },
      });
      return counts;
    });
  }
}
