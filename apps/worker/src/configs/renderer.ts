import type { Selector } from '@muster/contracts/devices/devices.schema';
import { renderGolden, withConfig } from '@muster/domain/configs/render-golden';
import type { SelectableDevice } from '@muster/domain/devices/match-selector';
import { stagedConfigStore, withStaged } from '@muster/persistence/campaigns/staged-config.store';
import { configStore } from '@muster/persistence/configs/config.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { type DriftChange, driftStore } from '@muster/persistence/devices/drift.store';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

/** Devices a transaction: few enough that a report of one of them does not wait long for its lock. */
const BATCH = 200;

/** Renders golden configs into desired twins. Rendering again without a change writes nothing, so a broken run is run again. */
@Injectable()
export class Renderer {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Renders every device the selector matches; `configId` names the cause. Returns how many devices changed. */
  async render(tenantId: string, selector: Selector, configId: string): Promise<number> {
    let afterId: string | null = null;
    for (let total = 0; ; ) {
      const { changed, last }: { changed: number; last: string | null } = await this.database.tenant(
        tenantId,
        async (tx) => {
          const devices: SelectableDevice[] = await configStore.members(tx, selector, afterId, BATCH);
          const changes = await this.#renderBatch(tx, devices, configId);
          if (changes.length > 0) {
            const payload = { configId, devices: changes.length };
            await outbox.drop(tx, { tenantId, type: 'config.rendered', key: configId, payload });
          }
          return { changed: changes.length, last: devices.length < BATCH ? null : devices.at(-1)!.id };
        },
      );
      total += changed;
      afterId = last;
      if (afterId === null) return total;
    }
  }

  /** Renders the members of one config. */
  async renderMembers(tenantId: string, configId: string): Promise<number> {
    const config = await this.database.tenant(tenantId, (tx) => configStore.find(tx, configId));
    return config === null ? 0 : this.render(tenantId, config.selector, configId);
  }

  /** Renders one device, because what selectors look at may have changed. */
  async renderDevice(tenantId: string, deviceId: string): Promise<number> {
    return this.database.tenant(tenantId, async (tx) => {
      const devices = await configStore.members(tx, { ids: [deviceId] }, null, 1);
      return (await this.#renderBatch(tx, devices, null)).length;
    });
  }

  /** The configs are read after the twins are locked: whoever waited for the lock sees what was published meanwhile. */
  async #renderBatch(tx: Tx, devices: readonly SelectableDevice[], configId: string | null): Promise<DriftChange[]> {
    const now = this.clock.now();
    const twins = await twinStore.lock(
      tx,
      devices.map(({ id }) => id),
    );
    const published = await configStore.published(tx);
    const staged = await stagedConfigStore.ofDevices(
      tx,
      devices.map(({ id }) => id),
    );
    const deviceOf = new Map(devices.map((device) => [device.id, device]));
    const wanted = twins.map((twin) => ({
      twin,
      document: withConfig(
        twin.desired,
        renderGolden(withStaged(published, staged, twin.deviceId), deviceOf.get(twin.deviceId)!),
      ),
    }));
    const changed = await twinStore.desire(tx, wanted, configId === null ? 'system' : `config:${configId}`, now);
    if (changed.length === 0) return [];
    const changes = await driftStore.judge(tx, changed, now, configId !== null);
    await deviceEventStore.append(tx, changes.map(eventOf(configId)), now);
    return changes;
  }
}

const eventOf =
  (configId: string | null) =>
  ({ deviceId, after, drifts }: DriftChange) => {
    const waiting = drifts.flatMap((drift) => (drift.class === 'unacknowledged' ? [drift.path] : [])).sort();
    const summary = `Golden config changed; ${after === 0 ? 'nothing to do' : `waiting for ${waiting.slice(0, 3).join(', ')}`}`;
    return { deviceId, kind: 'config' as const, summary, facts: { configId, paths: waiting.slice(0, 50) } };
  };
