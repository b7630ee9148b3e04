import { Database } from '@muster/persistence/database';
import { driftStore } from '@muster/persistence/devices/drift.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DesiredDelivery } from '../devices/desired-delivery.js';

const BATCH = 500;
/** A connected device answers a change within seconds; after this long it is told again. */
const UNANSWERED_MS = 60_000;

/** What only time changes: reports that grow stale, and changes a connected device never answered. */
@Injectable()
export class DriftSweep {
  constructor(
    private readonly database: Database,
    private readonly delivery: DesiredDelivery,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async run(): Promise<{ stale: number; told: number }> {
    const now = this.clock.now();
    const stale = await this.database.system((tx) => driftStore.listStale(tx, now, BATCH));
    for (const [tenantId, some] of Map.groupBy(stale, (row) => row.tenantId)) {
      const ids = some.map(({ deviceId }) => deviceId);
      await this.database.tenant(tenantId, (tx) => driftStore.judge(tx, ids, now));
    }
    const since = new Date(now.getTime() - UNANSWERED_MS);
    const unanswered = await this.database.system((tx) => driftStore.listUnanswered(tx, since, BATCH));
    let told = 0;
    for (const { tenantId, deviceId } of unanswered) if (await this.delivery.deliver(tenantId, deviceId)) told++;
    return { stale: stale.length, told };
  }
}
