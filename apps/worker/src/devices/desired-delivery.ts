import { diffTwin } from '@muster/domain/devices/diff-twin';
import { Database } from '@muster/persistence/database';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { Injectable } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';

/** Brings desired documents to devices that are there; a device that is away gets its own when it returns. */
@Injectable()
export class DesiredDelivery {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
  ) {}

  /**
   * Sends the smallest patch from the version the device has processed to the one desired now, so however many changes it
   * missed, only what differs travels. True when something was sent.
   */
  async deliver(tenantId: string, deviceId: string): Promise<boolean> {
    const body = await this.database.tenant(tenantId, async (tx) => {
      const twin = await twinStore.find(tx, deviceId);
      if (twin === null || twin.ackedVersion === twin.desiredVersion) return null;
      if (!(await twinStore.isConnected(tx, deviceId))) return null;
      const processed = await twinStore.desiredAt(tx, twin, twin.ackedVersion);
      const baseVersion = processed === null ? 0 : twin.ackedVersion;
      const patch = diffTwin(baseVersion === 0 ? {} : processed!, twin.desired);
      return { baseVersion, version: twin.desiredVersion, patch };
    });
    if (body === null) return false;
    await this.downlink.publish(tenantId, deviceId, 'twin', { schemaVersion: 1, ...body });
    return true;
  }

  /** Sends the whole desired document, whatever the device has: it said that it lost the thread, or drifted by hand. */
  async deliverFull(tenantId: string, deviceId: string): Promise<void> {
    const twin = await this.database.tenant(tenantId, (tx) => twinStore.find(tx, deviceId));
    if (twin === null) return;
    const body = {
      schemaVersion: 1 as const,
      baseVersion: 0,
      version: twin.desiredVersion,
      patch: { ...twin.desired },
    };
    await this.downlink.publish(tenantId, deviceId, 'twin', body);
  }
}
