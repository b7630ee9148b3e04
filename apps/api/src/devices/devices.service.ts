import type * as routes from '@muster/contracts/devices/devices.routes';
import type { NewDevice } from '@muster/contracts/devices/devices.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { holders } from '@muster/persistence/campaigns/pinned-targets';
import { Database, type Tx } from '@muster/persistence/database';
import { type DeviceDetailRow, type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { deviceListStore } from '@muster/persistence/devices/device-list.store';
import { lineageStore } from '@muster/persistence/devices/lineage.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toDevice, toEvent, toSummary } from './device.resource.js';
import { requireDevice } from './require-device.js';

/** How many devices a preview shows. */
const SAMPLE = 10;

/** The registry as people see and edit it. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listDevices>) {
    const { pageSize, pageToken: _, sort, ...filter } = call.query;
    const after = this.paging.after(call) as [string, string] | null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await deviceListStore.list(tx, filter, sort, after, pageSize + 1);
      const total = after === null ? await deviceListStore.count(tx, filter) : null;
      return this.paging.page(call, rows, (row) => [row.sortKey, row.id], toSummary, total);
    });
  }

  preview(call: Call<typeof routes.previewSelector>) {
    const { selector } = call.body;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const devices = await deviceListStore.countSelected(tx, selector);
      const sample = await deviceListStore.sample(tx, selector, SAMPLE);
      return { devices, sample: sample.map(toSummary) };
    });
  }

  get(call: Call<typeof routes.getDevice>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const row = await findDetail(tx, call.params.deviceId);
      return withEtag(toDevice(row, this.clock.now()), row.version);
    });
  }

  create(call: Call<typeof routes.createDevice>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const row = await preRegister(tx, call.body, this.clock.now());
      if (row === null)
        throw new Refusal('already_exists', `There is a ${call.body.model} with serial ${call.body.serial}.`);
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'device.registered',
        resource: `device:${row.id}`,
        after: call.body,
        requestId: call.requestId,
      });
      const detail = await findDetail(tx, row.id);
      return withEtag(toDevice(detail, this.clock.now()), detail.version);
    });
  }

  patch(call: Call<typeof routes.patchDevice>) {
    const { deviceId } = call.params;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      // Campaigns before devices, as everybody locks them.
      if (call.body.pinned === true) await holders(tx, { ids: [deviceId] });
      const locked = await deviceStore.lock(tx, deviceId);
      if (locked === null) throw Refusal.notFound('device', deviceId);
      if (locked.version !== call.ifMatch) throw Refusal.stale(locked.version);
      const before = await findDetail(tx, deviceId);
      await deviceStore.patch(tx, deviceId, call.body, call.ifMatch, now);
      if (
        call.body.updatesBlockedUntil === null &&
        before.updatesBlockedUntil !== null &&
        before.updatesBlockedUntil > now
      )
        await deviceEventStore.append(
          tx,
          [
            {
              deviceId,
              kind: 'execution',
              summary: `Updates are offered again: ${call.principal.name} ended the pause`,
            },
          ],
          now,
        );
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'device.changed',
        resource: `device:${deviceId}`,
        before: Object.fromEntries(Object.keys(call.body).map((key) => [key, before[key as keyof DeviceDetailRow]])),
        after: call.body,
        requestId: call.requestId,
      });
      await dropChanged(tx, deviceId);
      const detail = await findDetail(tx, deviceId);
      return withEtag(toDevice(detail, now), detail.version);
    });
  }

  timeline(call: Call<typeof routes.deviceTimeline>) {
    const [beforeId = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const { deviceId } = call.params;
      await requireDevice(tx, deviceId);
      const lineage = new Map((await lineageStore.of(tx, deviceId)).map(({ deviceId: id, serial }) => [id, serial]));
      const ids = [...lineage.keys()];
      const rows = await deviceEventStore.listOfAll(tx, ids, beforeId as string | null, call.query.pageSize + 1);
      const show = (row: (typeof rows)[number]) =>
        toEvent(row, row.deviceId === deviceId ? null : { deviceId: row.deviceId, serial: lineage.get(row.deviceId)! });
      return this.paging.page(call, rows, (row) => [row.id], show);
    });
  }
}

export const findDetail = async (tx: Tx, id: string): Promise<DeviceDetailRow> => {
  const row = await deviceStore.detail(tx, id);
  if (row === null) throw Refusal.notFound('device', id);
  return row;
};

/** A device that is expected: known by model and serial, without a certificate yet. Null when there is one already. */
export const preRegister = async (tx: Tx, device: NewDevice, now: Date): Promise<DeviceRow | null> => {
  const row = await deviceStore.insert(
    tx,
    {
      name: device.name ?? `${device.model}-${device.serial}`,
      serial: device.serial,
      model: device.model,
      hardwareRevision: device.hardwareRevision ?? null,
      class: device.class,
      site: device.site ?? null,
      labels: device.labels,
      state: 'pre_registered',
    },
    now,
  );
  if (row !== null) await dropChanged(tx, row.id);
  return row;
};

export const dropChanged = (tx: Tx, deviceId: string, state?: DeviceRow['state']): Promise<string> =>
  outbox.drop(tx, { tenantId: tx.tenantId!, type: 'device.changed', key: deviceId, payload: { deviceId, state } });
