import type * as routes from '@muster/contracts/devices/devices.routes';
import { lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { type Actor, audit } from '@muster/persistence/audit/audit.store';
import { revokeAllOf } from '@muster/persistence/certificates/revoke-certificates';
import { Database, type Tx } from '@muster/persistence/database';
import { type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { swapStore } from '@muster/persistence/devices/swap.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toDevice } from './device.resource.js';
import { dropChanged, findDetail, preRegister } from './devices.service.js';

interface Order {
  readonly actor: Actor;
  readonly by: string;
  readonly reason: string;
  readonly requestId: string;
}

/**
 * Hardware takes the place of other hardware: a device of its own, which enrols like any other, with what belongs to the
 * place. The old one is out with the same commit and not when the new one comes: what is taken out is broken, lost or in
 * somebody's hands, and as long as its key works two could speak for one place.
 */
@Injectable()
export class SwapService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  swap(call: Call<typeof routes.swapDevice>) {
    const { deviceId } = call.params;
    const { body, principal, requestId } = call;
    const now = this.clock.now();
    const order = { actor: actorOf(principal), by: principal.name, reason: body.reason, requestId };
    return this.database.tenant(principal.tenantId, async (tx) => {
      const old = await deviceStore.lock(tx, deviceId);
      if (old === null) throw Refusal.notFound('device', deviceId);
      if (old.version !== call.ifMatch) throw Refusal.stale(old.version);
      if (await swapStore.hasSuccessor(tx, deviceId))
        throw new Refusal('transition_refused', 'Other hardware has taken its place already; swap that one.');
      const successor = await register(tx, old, body, now);
      await swapStore.takeOver(tx, old, successor, `${principal.kind}:${principal.id}`, now);
      await retire(tx, old, successor, order, now);
      await tell(tx, old, successor, order, now);
      const detail = await findDetail(tx, successor.id);
      return withEtag(toDevice(detail, now), detail.version);
    });
  }
}

const register = async (
  tx: Tx,
  old: DeviceRow,
  body: Call<typeof routes.swapDevice>['body'],
  now: Date,
): Promise<DeviceRow> => {
  const { name, class: deviceClass, labels } = old;
  const model = body.model ?? old.model;
  const hardwareRevision = body.hardwareRevision ?? (body.model === undefined ? old.hardwareRevision : null);
  const site = old.site ?? undefined;
  const wanted = { name, serial: body.serial, model, class: deviceClass, site, labels };
  const made = await preRegister(tx, { ...wanted, hardwareRevision: hardwareRevision ?? undefined }, now);
  if (made === null)
    throw new Refusal(
      'already_exists',
      `There is a ${model} with serial ${body.serial}; new hardware has a new serial.`,
    );
  return made;
};

/** Out of service at once; one that is out already stays so. */
const retire = async (tx: Tx, old: DeviceRow, successor: DeviceRow, order: Order, now: Date): Promise<void> => {
  const step = lifecycle.next(old.state, 'decommission');
  if (step.kind === 'refused') return;
  const detail = `${order.reason} (replaced by ${successor.serial})`.slice(0, 500);
  await deviceStore.setState(tx, old.id, { state: step.state, reasonCode: 'swapped', reasonDetail: detail }, now);
  const { actor, requestId } = order;
  await revokeAllOf(tx, old.id, { actor, requestId, reason: 'cessationOfOperation', comment: detail }, now);
  await dropChanged(tx, old.id, step.state);
};

const tell = async (tx: Tx, old: DeviceRow, successor: DeviceRow, order: Order, now: Date): Promise<void> => {
  const { by, reason } = order;
  const events = [
    {
      deviceId: old.id,
      summary: `Taken out: ${successor.model} ${successor.serial} takes its place: ${reason}`,
      facts: { successorId: successor.id, by },
    },
    {
      deviceId: successor.id,
      summary: `Takes the place of ${old.model} ${old.serial}: ${reason}`,
      facts: { predecessorId: old.id, by },
    },
  ];
  await deviceEventStore.append(
    tx,
    events.map((event) => ({ ...event, kind: 'state' as const })),
    now,
  );
  await audit.append(tx, {
    actor: order.actor,
    action: 'device.swapped',
    resource: `device:${old.id}`,
    before: { state: old.state, serial: old.serial },
    after: { successorId: successor.id, serial: successor.serial, model: successor.model },
    reason,
    requestId: order.requestId,
  });
  const payload = { deviceId: old.id, successorId: successor.id };
  await outbox.drop(tx, { tenantId: tx.tenantId!, type: 'device.swapped', key: old.id, payload });
};
