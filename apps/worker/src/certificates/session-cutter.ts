import { lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { DeviceRegistry } from '@muster/ingest/device-registry';
import { audit } from '@muster/persistence/audit/audit.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';
import type { LetterJob } from '../outbox/routing.js';
import { RefusalProver, type ToProve } from './refusal-prover.js';

/**
 * Ends the sessions of what was revoked, put out of service or is past its time: a revocation list alone ends none. The device
 * is free to connect again and is then judged by its certificate, so cutting once too often does no harm.
 */
@Injectable()
export class SessionCutter {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    private readonly registry: DeviceRegistry,
    private readonly prover: RefusalProver,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** From `certificate.revoked`, `certificate.ended` and `device.changed` of a device that is out. Repeat-safe. */
  async apply({ id, tenantId, payload }: LetterJob): Promise<void> {
    const { deviceId, certificateId, fingerprint } = payload as {
      deviceId: string;
      certificateId?: string;
      fingerprint?: string;
    };
    const device = await this.database.tenant(tenantId, (tx) => deviceStore.find(tx, deviceId));
    const isOut = device !== null && device.state !== 'active' && device.state !== 'maintenance';
    if (certificateId === undefined && !isOut) return;
    this.registry.forget(deviceId);
    await this.downlink.kick(deviceId, isOut ? undefined : fingerprint);
    const cut = await this.database.tenant(tenantId, (tx) => this.#record(tx, deviceId, certificateId));
    await this.prover.follow(
      id,
      deviceId,
      cut.map((one) => ({ tenantId, certificateId: one })),
    );
  }

  /** The jobs that follow, while a broker has not read the revocation. */
  again(job: { readonly deviceId: string }): Promise<void> {
    return this.prover.cutAgain(job);
  }

  prove(job: ToProve): Promise<void> {
    return this.prover.prove(job);
  }

  /** Ids of the certificates that no session is left of. */
  async #record(tx: Tx, deviceId: string, certificateId: string | undefined): Promise<string[]> {
    const now = this.clock.now();
    const certificates = await certificateStore.listOfDevice(tx, deviceId, null, 100);
    const cut = certificates.filter(({ id, state }) => id === certificateId || state === 'on_hold');
    for (const { id } of cut) {
      if (!(await certificateStore.markSessionCut(tx, id, now))) continue;
      const payload = { certificateId: id, deviceId };
      await outbox.drop(tx, { tenantId: tx.tenantId!, type: 'certificate.session_cut', key: deviceId, payload });
    }
    await this.#finishDecommissioning(tx, deviceId, now);
    return cut.map(({ id }) => id);
  }

  /** Decommissioning lasts until the session is cut. */
  async #finishDecommissioning(tx: Tx, deviceId: string, now: Date): Promise<void> {
    const device = await deviceStore.lock(tx, deviceId);
    if (device?.state !== 'decommissioning') return;
    const step = lifecycle.next(device.state, 'complete');
    if (step.kind === 'refused') return;
    const { reasonCode, reasonDetail } = device;
    await deviceStore.setState(tx, deviceId, { state: step.state, reasonCode, reasonDetail }, now);
    await audit.append(tx, {
      actor: { type: 'system', id: 'worker' },
      action: 'device.decommissioned',
      resource: `device:${deviceId}`,
      before: { state: device.state },
      after: { state: step.state },
    });
    const payload = { deviceId, state: step.state };
    await outbox.drop(tx, { tenantId: tx.tenantId!, type: 'device.changed', key: deviceId, payload });
  }
}
