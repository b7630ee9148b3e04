import type * as routes from '@muster/contracts/devices/devices.routes';
import { type LifecycleEvent, lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { type Actor, audit } from '@muster/persistence/audit/audit.store';
import { revokeAllOf, suspendAllOf } from '@muster/persistence/certificates/revoke-certificates';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toDevice } from './device.resource.js';
import { dropChanged, findDetail } from './devices.service.js';

const sentences: Partial<Record<LifecycleEvent, string>> = {
  maintain: 'Put under maintenance',
  activate: 'Returned to active',
  quarantine: 'Quarantined: cut off, record kept',
  decommission: 'Decommissioned: certificates revoked',
};

type LifecycleCall = Call<
  | typeof routes.startMaintenance
  | typeof routes.activateDevice
  | typeof routes.quarantineDevice
  | typeof routes.decommissionDevice
>;

/** Moves devices along their life; certificates follow in the same transaction, the session after its commit. */
@Injectable()
export class LifecycleService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  move(call: LifecycleCall, event: LifecycleEvent) {
    const { deviceId } = call.params;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const device = await deviceStore.lock(tx, deviceId);
      if (device === null) throw Refusal.notFound('device', deviceId);
      if (device.version !== call.ifMatch) throw Refusal.stale(device.version);
      const step = lifecycle.next(device.state, event);
      if (step.kind === 'refused') {
        const { state, allowed } = step;
        throw new Refusal('transition_refused', `A device that is ${state} cannot ${event}.`, { state, allowed });
      }
      const { reason } = call.body;
      await deviceStore.setState(tx, deviceId, { state: step.state, reasonCode: event, reasonDetail: reason }, now);
      const by = { actor: actorOf(call.principal), comment: reason, requestId: call.requestId };
      await moveCertificates(tx, deviceId, event, by, now);
      const summary = `${sentences[event] ?? event}: ${reason}`;
      const facts = { from: device.state, to: step.state, by: call.principal.name };
      await deviceEventStore.append(tx, [{ deviceId, kind: 'state', summary, facts }], now);
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: `device.${step.state}`,
        resource: `device:${deviceId}`,
        before: { state: device.state },
        after: { state: step.state },
        reason,
        requestId: call.requestId,
      });
      await dropChanged(tx, deviceId, step.state);
      const detail = await findDetail(tx, deviceId);
      return withEtag(toDevice(detail, now), detail.version);
    });
  }
}

/** A quarantined device may return, so its certificates wait on hold; those of a decommissioned one never come back. */
async function moveCertificates(
  tx: Tx,
  deviceId: string,
  event: LifecycleEvent,
  by: { readonly actor: Actor; readonly comment: string; readonly requestId: string },
  now: Date,
): Promise<void> {
  const detail = by.comment;
  if (event === 'quarantine') await suspendAllOf(tx, deviceId, 'hold', { code: 'device_quarantined', detail }, now);
  if (event === 'activate') await suspendAllOf(tx, deviceId, 'release', { code: 'device_activated', detail }, now);
  if (event === 'decommission') await revokeAllOf(tx, deviceId, { ...by, reason: 'cessationOfOperation' }, now);
}
