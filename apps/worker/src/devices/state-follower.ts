import { lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { DeviceRegistry } from '@muster/ingest/device-registry';
import { Database } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';

const cutOff: ReadonlySet<string> = new Set(['quarantined', 'decommissioning', 'decommissioned']);

/** Makes a device's state true at the gateway: who may not talk is cut off, and a decommissioning ends with that. */
@Injectable()
export class StateFollower {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    private readonly registry: DeviceRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async follow(tenantId: string, deviceId: string): Promise<void> {
    const device = await this.database.tenant(tenantId, (tx) => deviceStore.find(tx, deviceId));
    if (device === null || !cutOff.has(device.state)) return;
    this.registry.forget(deviceId);
    await this.downlink.kick(deviceId);
    if (device.state === 'decommissioning') await this.#complete(tenantId, deviceId);
  }

  async #complete(tenantId: string, deviceId: string): Promise<void> {
    await this.database.tenant(tenantId, async (tx) => {
      const device = await deviceStore.lock(tx, deviceId);
      if (device === null) return;
      const step = lifecycle.next(device.state, 'complete');
      if (step.kind === 'refused') return;
      const { reasonCode, reasonDetail } = device;
      await deviceStore.setState(tx, deviceId, { state: step.state, reasonCode, reasonDetail }, this.clock.now());
      const payload = { deviceId, state: step.state };
      await outbox.drop(tx, { tenantId, type: 'device.changed', key: deviceId, payload });
    });
  }
}
