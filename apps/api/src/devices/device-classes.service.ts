import type * as routes from '@muster/contracts/devices/devices.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { deviceClassStore } from '@muster/persistence/devices/device-class.store';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';

/** Device classes: what presence is judged by. */
@Injectable()
export class DeviceClassesService {
  constructor(private readonly database: Database) {}

  list(call: Call<typeof routes.listDeviceClasses>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => ({ items: await deviceClassStore.list(tx) }));
  }

  /** Saying the same again changes nothing and is not recorded. */
  put(call: Call<typeof routes.putDeviceClass>) {
    const { principal, body, requestId } = call;
    const wanted = { name: call.params.name, ...body };
    return this.database.tenant(principal.tenantId, async (tx) => {
      const before = await deviceClassStore.lock(tx, wanted.name);
      if (before?.heartbeatS === wanted.heartbeatS && before.missedHeartbeats === wanted.missedHeartbeats)
        return before;
      await deviceClassStore.keep(tx, wanted);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: before ? 'device_class.changed' : 'device_class.created',
        resource: `device_class:${wanted.name}`,
        ...(before ? { before } : {}),
        after: wanted,
        requestId,
      });
      return wanted;
    });
  }
}
