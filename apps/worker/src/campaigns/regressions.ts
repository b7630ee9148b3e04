import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { noteRegression } from '@muster/persistence/campaigns/note-regression';
import { Database } from '@muster/persistence/database';
import { deviceReleaseStore } from '@muster/persistence/releases/device-release.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

/**
 * Watches what devices say they run. One that leaves a confirmed release without an update has fallen back, however
 * long ago it succeeded: that reopens the verdict on the release.
 */
@Injectable()
export class Regressions {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  check(tenantId: string, deviceId: string): Promise<void> {
    const now = this.clock.now();
    return this.database.tenant(tenantId, async (tx) => {
      const row = await executionStore.lockFellBack(tx, deviceId);
      if (row === null) await deviceReleaseStore.adopt(tx, deviceId, now);
      else await noteRegression(tx, row, { code: 'fell_back', detail: `runs ${row.firmwareVersion}` }, now);
    });
  }
}
