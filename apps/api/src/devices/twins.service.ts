import type * as routes from '@muster/contracts/devices/devices.routes';
import { renderGolden } from '@muster/domain/configs/render-golden';
import { patchTwin } from '@muster/domain/devices/patch-twin';
import { audit } from '@muster/persistence/audit/audit.store';
import { configStore } from '@muster/persistence/configs/config.store';
import { Database, type Tx } from '@muster/persistence/database';
import { type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import { driftStore } from '@muster/persistence/devices/drift.store';
import { fleetStore } from '@muster/persistence/devices/fleet.store';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toDrift, toTwin } from './device.resource.js';

/** Desired and reported state of devices, and where they differ. */
@Injectable()
export class TwinsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  get(call: Call<typeof routes.getTwin>) {
    return this.database.tenant(call.principal.tenantId, (tx) => readTwin(tx, call.params.deviceId));
  }

  /** A merge patch by a person. What golden configs own is theirs: they would overwrite it at the next rendering. */
  patch(call: Call<typeof routes.patchTwin>) {
    const { deviceId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const [twin] = await twinStore.lock(tx, [deviceId]);
      const device = await deviceStore.find(tx, deviceId);
      if (twin === undefined || device === null) throw Refusal.notFound('device', deviceId);
      if (Object.hasOwn(call.body, 'config')) await refuseOwnedConfig(tx, device);
      const current = { document: twin.desired, version: twin.desiredVersion };
      const result = patchTwin(current, call.body, call.ifMatch);
      if (!result.ok) {
        if (result.code === 'precondition_failed')
          throw new Refusal(result.code, result.detail, { currentVersion: current.version, current: current.document });
        throw new Refusal(result.code, result.detail, undefined, [
          { pointer: `/body${result.facts?.pointer ?? ''}`, message: String(result.facts?.message) },
        ]);
      }
      const now = this.clock.now();
      const actor = `${call.principal.kind}:${call.principal.id}`;
      const changed = await twinStore.desire(tx, [{ twin, document: result.value.document }], actor, now);
      if (changed.length > 0) {
        await driftStore.judge(tx, changed, now);
        await audit.append(tx, {
          actor: actorOf(call.principal),
          action: 'twin.desired',
          resource: `device:${deviceId}`,
          before: { version: twin.desiredVersion },
          after: { version: result.value.version, patch: result.value.patch },
          requestId: call.requestId,
        });
      }
      return readTwin(tx, deviceId);
    });
  }

  history(call: Call<typeof routes.twinHistory>) {
    const [before = null] = this.paging.after(call) ?? [];
    const { deviceId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      if ((await deviceStore.find(tx, deviceId)) === null) throw Refusal.notFound('device', deviceId);
      const rows = await twinStore.history(tx, deviceId, before as number | null, call.query.pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.version],
        (row) => ({ ...row, at: row.at.toISOString() }),
      );
    });
  }

  listDrift(call: Call<typeof routes.listDrift>) {
    const after = this.paging.after(call) as [string, string, string] | null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await driftStore.list(tx, call.query, after, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.sinceText, row.deviceId, row.path], toDrift);
    });
  }

  driftByPath(call: Call<typeof routes.driftByPath>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const items = (await driftStore.byPath(tx)).map((row) => ({ ...row, oldest: row.oldest.toISOString() }));
      return { items, drifted: await fleetStore.driftedDevices(tx), total: await fleetStore.devices(tx) };
    });
  }
}

async function readTwin(tx: Tx, deviceId: string) {
  const twin = await twinStore.find(tx, deviceId);
  const device = await deviceStore.find(tx, deviceId);
  if (twin === null || device === null) throw Refusal.notFound('device', deviceId);
  return withEtag(toTwin(twin, device.name, await driftStore.ofDevices(tx, [deviceId])), twin.desiredVersion);
}

async function refuseOwnedConfig(tx: Tx, device: DeviceRow): Promise<void> {
  const { applied } = renderGolden(await configStore.published(tx), device);
  if (applied.length > 0)
    throw new Refusal('conflict', 'The config of this device comes from golden configs; change one of them.', {
      configs: applied,
    });
}
