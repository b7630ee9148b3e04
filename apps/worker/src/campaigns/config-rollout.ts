import { applyReport, type DeviceReport } from '@muster/domain/campaigns/apply-report';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { Database, type Tx } from '@muster/persistence/database';
import { driftStore } from '@muster/persistence/devices/drift.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { Renderer } from '../configs/renderer.js';

/** A config campaign's offer is a version of a golden config in one device's desired twin; its answer is the twin itself. */
@Injectable()
export class ConfigRollout {
  constructor(
    private readonly database: Database,
    private readonly renderer: Renderer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Stages the version for the device. One that already is as wanted has nothing to answer and begins its soak. */
  async stage(tenantId: string, deviceId: string): Promise<void> {
    const changed = await this.renderer.renderDevice(tenantId, deviceId);
    await this.#move(tenantId, deviceId, async () => ({ state: changed === 0 ? 'succeeded' : 'installing' }));
  }

  /** The device's report changed what differs: it has converged, or refuses a field, or still works on it. */
  follow(tenantId: string, deviceId: string): Promise<void> {
    return this.#move(tenantId, deviceId, async (tx) => {
      const drifts = (await driftStore.ofDevices(tx, [deviceId])).filter(({ path }) => path.startsWith('/config'));
      const rejected = drifts.find((drift) => drift.class === 'rejected');
      if (rejected !== undefined)
        return {
          state: 'failed',
          reasonCode: 'config_rejected',
          reasonDetail: `${rejected.path}: ${rejected.cause ?? 'rejected by the device'}`,
        };
      return drifts.some((drift) => drift.class !== 'unmanaged') ? null : { state: 'succeeded' };
    });
  }

  #move(tenantId: string, deviceId: string, reportOf: (tx: Tx) => Promise<DeviceReport | null>): Promise<void> {
    const now = this.clock.now();
    return this.database.tenant(tenantId, async (tx) => {
      const row = await executionStore.lockLive(tx, deviceId, 'config');
      if (row === null) return;
      const report = await reportOf(tx);
      if (report === null) return;
      const outcome = applyReport({ state: row.state, provisional: row.provisional, wantedVersion: null }, report);
      if (outcome.kind === 'moved') await executionStore.move(tx, row, outcome, now);
    });
  }
}
