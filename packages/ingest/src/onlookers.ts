import type { Tx } from '@muster/persistence/database';
import type { MessageRow } from '@muster/persistence/telemetry/message-row';
import { Injectable } from '@nestjs/common';
import { CloneWatch } from './clone-watch.js';
import type { RegisteredDevice } from './device-registry.js';
import { IngestMinutes } from './ingest-minutes.js';
import type { HeartbeatNews } from './sightings.js';
import { WatchedDevices } from './watched-devices.js';

/** Whoever wants to know of a batch and does not change what becomes of it. */
@Injectable()
export class Onlookers {
  constructor(
    private readonly minutes: IngestMinutes,
    private readonly watched: WatchedDevices,
    private readonly clones: CloneWatch,
  ) {}

  /** Whether `within` may have something to tell: a batch without that needs no transaction around its one statement. */
  get watch(): boolean {
    return this.watched.any;
  }

  /** Call in the transaction that stores `rows`. */
  within(tx: Tx, rows: readonly MessageRow[]): Promise<void> {
    return this.watched.tell(tx, rows);
  }

  /** Call after its commit; `stored` of the rows were new. */
  after(
    drafts: readonly {
      readonly device: RegisteredDevice;
      readonly row: MessageRow | null;
      readonly news: HeartbeatNews | null;
      readonly bytes?: number | undefined;
    }[],
    stored: number,
  ): void {
    for (const { device, news } of drafts) if (news !== null) this.clones.heard(device.deviceId, news);
    const arrivals = drafts.flatMap(({ row, bytes = 0 }) => (row === null ? [] : [{ row, bytes }]));
    if (arrivals.length > 0) this.minutes.committed(arrivals, stored);
  }
}
