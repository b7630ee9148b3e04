import type * as routes from '@muster/contracts/devices/devices.routes';
import { type CertificateEvent, certificate } from '@muster/domain/certificates/certificate.machine';
import { type LifecycleEvent, lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toDevice } from './device.resource.js';
import { dropChanged, findDetail } from './devices.service.js';

/** What a step means for the device's certificates. A quarantined device may return, so its certificates wait on hold. */
const certificateSteps: Partial<Record<LifecycleEvent, { event: CertificateEvent; code: string }>> = {
  quarantine: { event: 'hold', code: 'device_quarantined' },
  activate: { event: 'release', code: 'device_activated' },
  decommission: { event: 'revoke', code: 'cessationOfOperation' },
};

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
      await moveCertificates(tx, deviceId, event, reason, now);
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

async function moveCertificates(tx: Tx, deviceId: string, event: LifecycleEvent, detail: string, now: Date) {
  const wanted = certificateSteps[event];
  if (wanted === undefined) return;
  for (const row of await certificateStore.listLive(tx, deviceId)) {
    const step = certificate.next(row.state, wanted.event);
    if (step.kind === 'refused') continue;
    await certificateStore.setState(
      tx,
      row.id,
      { state: step.state, reasonCode: wanted.code, reasonDetail: detail },
      now,
    );
    if (step.state === 'revoked') await dropRevoked(tx, row);
  }
  await authorityStore.announceTrustChange(tx);
}

const dropRevoked = (tx: Tx, { id, deviceId, fingerprint }: CertificateRow): Promise<string> =>
  outbox.drop(tx, {
    tenantId: tx.tenantId!,
    type: 'certificate.revoked',
    key: deviceId,
    payload: { certificateId: id, deviceId, fingerprint },
  });
