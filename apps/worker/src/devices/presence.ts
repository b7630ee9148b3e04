import { Database, type Tx } from '@muster/persistence/database';
import { deviceEventStore, type NewDeviceEvent } from '@muster/persistence/devices/device-event.store';
import { type PresenceChange, presenceStore } from '@muster/persistence/devices/presence.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

const BATCH = 2_000;

/** Who is there: heartbeats only store what they say, and time decides the rest. */
@Injectable()
export class Presence {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Judges the whole fleet, or some devices. Coming and going is told; lateness only shows. Returns how many changed. */
  async sweep(deviceIds: readonly string[] | null = null): Promise<number> {
    for (let total = 0; ; ) {
      const changed = await this.database.system(async (tx) => {
        const now = this.clock.now();
        const changes = await presenceStore.sweep(tx, now, BATCH, deviceIds);
        await tell(tx, changes.filter(isNews), now);
        return changes.length;
      });
      total += changed;
      if (changed < BATCH) return total;
    }
  }
}

/** Late is a shade of online: only going offline and coming from there or from never is news. */
const isNews = ({ from, to }: PresenceChange): boolean => to === 'offline' || from === 'offline' || from === 'never';

async function tell(tx: Tx, changes: readonly PresenceChange[], now: Date): Promise<void> {
  for (const [tenantId, some] of Map.groupBy(changes, (change) => change.tenantId)) {
    await deviceEventStore.append(tx, some.map(eventOf(now)), now, tenantId);
    await outbox.dropAll(
      tx,
      some.map(({ deviceId, to }) => ({
        tenantId,
        type: to === 'offline' ? 'device.offline' : 'device.online',
        key: deviceId,
        payload: { deviceId },
      })),
    );
  }
}

const eventOf =
  (now: Date) =>
  ({ deviceId, from, to, lastSeenAt }: PresenceChange): NewDeviceEvent => {
    const silentS = Math.max(0, Math.round((now.getTime() - lastSeenAt.getTime()) / 1000));
    const facts = { from, lastSeenAt: lastSeenAt.toISOString(), silentS };
    if (to === 'offline') return { deviceId, kind: 'offline', summary: `Offline: last seen ${silentS} s ago`, facts };
    return {
      deviceId,
      kind: 'online',
      summary: from === 'never' ? 'Online for the first time' : 'Online again',
      facts,
    };
  };
