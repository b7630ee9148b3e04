import { renderGolden } from '@muster/domain/configs/render-golden';
import { listFields, pointerTo } from '@muster/domain/devices/list-fields';
import { configStore } from '@muster/persistence/configs/config.store';
import { Database } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { driftStore } from '@muster/persistence/devices/drift.store';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DesiredDelivery } from '../devices/desired-delivery.js';

/** What a device had and lost; a refused or unanswered change would only be refused again. */
const curable: ReadonlySet<string> = new Set(['diverged', 'invalid']);

/** Brings a drifted device back where a golden config that owns the field says so; elsewhere drift is only reported. */
@Injectable()
export class Remedy {
  constructor(
    private readonly database: Database,
    private readonly delivery: DesiredDelivery,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Cures every member of a config that has drifted; nothing where its policy is to report. */
  async cureMembers(tenantId: string, configId: string): Promise<number> {
    const drifted = await this.database.tenant(tenantId, async (tx) => {
      const config = await configStore.find(tx, configId);
      return config?.policy === 'remediate' ? configStore.driftedMembers(tx, config.selector, [...curable]) : [];
    });
    let cured = 0;
    for (const deviceId of drifted) if (await this.cure(tenantId, deviceId)) cured++;
    return cured;
  }

  /** True when the whole desired document was sent again. */
  async cure(tenantId: string, deviceId: string): Promise<boolean> {
    const paths = await this.database.tenant(tenantId, async (tx) => {
      const drifts = (await driftStore.ofDevices(tx, [deviceId])).filter((drift) => curable.has(drift.class));
      const device = drifts.length > 0 ? await deviceStore.find(tx, deviceId) : null;
      if (device === null || !(await twinStore.isConnected(tx, deviceId))) return [];
      const owned = ownedFields((await configStore.published(tx)).filter((config) => config.policy === 'remediate'));
      const found = drifts.map(({ path }) => path).filter((path) => owned(device).has(path));
      if (found.length > 0)
        await deviceEventStore.append(
          tx,
          [
            {
              deviceId,
              kind: 'config',
              summary: `Sent again: ${found.slice(0, 3).join(', ')}`,
              facts: { paths: found },
            },
          ],
          this.clock.now(),
        );
      return found;
    });
    if (paths.length === 0) return false;
    await this.delivery.deliverFull(tenantId, deviceId);
    return true;
  }
}

const ownedFields =
  (configs: Parameters<typeof renderGolden>[0]) =>
  (device: Parameters<typeof renderGolden>[1]): ReadonlySet<string> =>
    new Set(listFields(renderGolden(configs, device).document, pointerTo('', 'config')).map(({ path }) => path));
