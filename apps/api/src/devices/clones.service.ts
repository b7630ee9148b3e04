import type * as routes from '@muster/contracts/devices/devices.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { cloneStore } from '@muster/persistence/devices/clone.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { sightingStore } from '@muster/persistence/devices/sighting.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toDevice } from './device.resource.js';
import { dropChanged, findDetail } from './devices.service.js';
import { requireDevice } from './require-device.js';

/** Where an identity is used, and what a person says of a suspicion. Quarantine is the device's lifecycle. */
@Injectable()
export class ClonesService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  sightings(call: Call<typeof routes.listDeviceSightings>) {
    const { deviceId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await requireDevice(tx, deviceId);
      const items = (await sightingStore.list(tx, deviceId)).map(({ firstAt, lastAt, ...row }) => ({
        ...row,
        firstAt: firstAt.toISOString(),
        lastAt: lastAt.toISOString(),
      }));
      return { items };
    });
  }

  dismiss(call: Call<typeof routes.dismissClone>) {
    const { deviceId } = call.params;
    const { reason } = call.body;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      if ((await deviceStore.lock(tx, deviceId)) === null) throw Refusal.notFound('device', deviceId);
      const evidence = await cloneStore.dismiss(tx, deviceId, now);
      if (evidence === null) throw new Refusal('transition_refused', 'The device is not suspected of having a clone.');
      const { between, sign } = evidence;
      const summary = `No clone, says ${call.principal.name}: ${reason}`;
      await deviceEventStore.append(
        tx,
        [{ deviceId, kind: 'certificate', summary, facts: { between, dismissed: sign } }],
        now,
      );
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'device.clone_dismissed',
        resource: `device:${deviceId}`,
        before: { between, sign },
        reason,
        requestId: call.requestId,
      });
      await dropChanged(tx, deviceId);
      const detail = await findDetail(tx, deviceId);
      return withEtag(toDevice(detail, now), detail.version);
    });
  }
}
