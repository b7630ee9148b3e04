import type { DevicePatch, DeviceState, Presence } from '@muster/contracts/devices/devices.schema';
import { v7 as uuidv7 } from 'uuid';
import { campaignSiteStore } from '../campaigns/campaign-site.store.js';
import { holders, letGo } from '../campaigns/pinned-targets.js';
import type { Tx } from '../transaction.js';

export interface NewDeviceRow {
  readonly id?: string;
  readonly name: string;
  readonly serial: string;
  readonly model: string;
  readonly hardwareRevision: string | null;
  readonly class: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: DeviceState;
  readonly synthetic?: boolean;
}

export interface DeviceRow {
  readonly id: string;
  readonly deviceKey: number;
  readonly name: string;
  readonly serial: string;
  readonly model: string;
  readonly hardwareRevision: string | null;
  readonly class: string;
  readonly site: string | null;
  readonly labels: Record<string, string>;
  readonly state: DeviceState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly firmwareVersion: string | null;
  readonly firmwareReleaseId: string | null;
  readonly agentVersion: string | null;
  readonly synthetic: boolean;
  readonly pinned: boolean;
  readonly version: number;
  readonly createdAt: Date;
}

/** A device with what is known of it now. */
export interface DeviceDetailRow extends DeviceRow {
  readonly timezone: string;
  readonly updatesBlockedUntil: Date | null;
  readonly heartbeatS: number;
  readonly missedHeartbeats: number;
  readonly presence: Presence;
  readonly presenceSince: Date | null;
  readonly lastSeenAt: Date | null;
  readonly connected: boolean;
  readonly health: 'ok' | 'degraded' | 'error' | null;
  readonly predecessorId: string | null;
  readonly successorId: string | null;
  readonly cloneSuspectedAt: Date | null;
  readonly driftCount: number;
  readonly certificateNotAfter: Date | null;
  readonly desiredVersion: number;
  readonly reportedVersion: number;
  readonly ackedVersion: number;
  readonly lastKnownGood: { releaseId: string; version: string; confirmedAt: string } | null;
}

export interface StateChange {
  readonly state: DeviceState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
}

export const deviceColumns = `d.id, d.device_key as "deviceKey", d.name, d.serial, d.model,
  d.hardware_revision as "hardwareRevision", d.class, d.site, d.labels, d.state, d.reason_code as "reasonCode",
  d.reason_detail as "reasonDetail", d.since, d.firmware_version as "firmwareVersion",
  d.firmware_release_id as "firmwareReleaseId", d.agent_version as "agentVersion", d.synthetic, d.pinned, d.version,
  d.created_at as "createdAt"`;

/** What the ingest wrote of a heartbeat's `status`. */
export const healthColumn = `case when s.health->>'status' in ('ok', 'degraded', 'error') then s.health->>'status' end`;
export const driftCountOf = `(select count(*)::int from drifts f
  where f.tenant_id = d.tenant_id and f.device_id = d.id and f.class <> 'unmanaged')`;
export const certificateEndOf = `(select max(c.not_after) from certificates c
  where c.tenant_id = d.tenant_id and c.device_id = d.id and c.state in ('issued', 'active'))`;

/** The registry itself. Everything runs in a tenant transaction. */
export const deviceStore = {
  /**
   * Registers a device with its state and its empty twin; the site and class come into being when they are new.
   * Null when the tenant has a device of this model and serial.
   */
  async insert(tx: Tx, device: NewDeviceRow, now: Date): Promise<DeviceRow | null> {
    await tx.execute('insert into device_classes (tenant_id, name) values ($1, $2) on conflict do nothing', [
      tx.tenantId,
      device.class,
    ]);
    if (device.site !== null)
      await tx.execute('insert into sites (tenant_id, name) values ($1, $2) on conflict do nothing', [
        tx.tenantId,
        device.site,
      ]);
    const [row] = await tx.query<DeviceRow>(
      `with d as (
         insert into devices (tenant_id, id, name, serial, model, hardware_revision, class, site, labels, state, since,
           synthetic, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $11)
         on conflict on constraint devices_serial_unique do nothing returning *),
       known as (
         insert into device_state (device_key, tenant_id, device_id, presence_since)
         select device_key, tenant_id, id, $11 from d),
       twin as (insert into twins (tenant_id, device_id) select tenant_id, id from d)
       select ${deviceColumns} from d`,
      [
        tx.tenantId,
        device.id ?? uuidv7(),
        device.name,
        device.serial,
        device.model,
        device.hardwareRevision,
        device.class,
        device.site,
        JSON.stringify(device.labels),
        device.state,
        now,
        device.synthetic ?? false,
      ],
    );
    return row ?? null;
  },

  /** The row, locked until the transaction ends: whoever changes a device or its command numbers holds this. */
  async lock(tx: Tx, id: string): Promise<DeviceRow | null> {
    const [row] = await tx.query<DeviceRow>(`select ${deviceColumns} from devices d where d.id = $1 for update`, [id]);
    return row ?? null;
  },

  async find(tx: Tx, id: string): Promise<DeviceRow | null> {
    const [row] = await tx.query<DeviceRow>(`select ${deviceColumns} from devices d where d.id = $1`, [id]);
    return row ?? null;
  },

  async exists(tx: Tx, id: string): Promise<boolean> {
    return (await tx.query('select 1 from devices where id = $1', [id])).length === 1;
  },

  async findBySerial(tx: Tx, model: string, serial: string): Promise<DeviceRow | null> {
    const [row] = await tx.query<DeviceRow>(
      `select ${deviceColumns} from devices d where d.model = $1 and d.serial = $2`,
      [model, serial],
    );
    return row ?? null;
  },

  /** Devices that are enrolled and not gone. */
  async countEnrolled(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from devices where state in ('active', 'maintenance', 'quarantined')`,
    );
    return row!.n;
  },

  async detail(tx: Tx, id: string): Promise<DeviceDetailRow | null> {
    const [row] = await tx.query<DeviceDetailRow>(
      `select ${deviceColumns}, c.heartbeat_s as "heartbeatS", c.missed_heartbeats as "missedHeartbeats",
         coalesce(p.timezone, 'UTC') as timezone, d.updates_blocked_until as "updatesBlockedUntil",
         s.presence, s.presence_since as "presenceSince", s.last_seen_at as "lastSeenAt", s.connected,
         ${healthColumn} as health, ${driftCountOf} as "driftCount", ${certificateEndOf} as "certificateNotAfter",
         d.predecessor_id as "predecessorId", d.clone_suspected_at as "cloneSuspectedAt",
         (select n.id from devices n where n.tenant_id = d.tenant_id and n.predecessor_id = d.id) as "successorId",
         t.desired_version as "desiredVersion", t.reported_version as "reportedVersion", t.acked_version as "ackedVersion",
         (select jsonb_build_object('releaseId', g.release_id, 'version', g.version, 'confirmedAt', g.confirmed_at)
            from device_releases g where g.tenant_id = d.tenant_id and g.device_id = d.id
            order by g.n desc limit 1) as "lastKnownGood"
       from devices d
       join device_classes c on c.tenant_id = d.tenant_id and c.name = d.class
       left join sites p on p.tenant_id = d.tenant_id and p.name = d.site
       join device_state s on s.device_key = d.device_key
       join twins t on t.tenant_id = d.tenant_id and t.device_id = d.id
       where d.id = $1`,
      [id],
    );
    return row ?? null;
  },

  /** Changes what people may change; null when `expectedVersion` is no longer current. */
  async patch(
    tx: Tx,
    id: string,
    patch: DevicePatch,
    expectedVersion: number | null,
    now: Date,
  ): Promise<DeviceRow | null> {
    const waitsIn = patch.pinned === true ? await holders(tx, { ids: [id] }) : [];
    if (patch.class !== undefined)
      await tx.execute('insert into device_classes (tenant_id, name) values ($1, $2) on conflict do nothing', [
        tx.tenantId,
        patch.class,
      ]);
    if (patch.site != null)
      await tx.execute('insert into sites (tenant_id, name) values ($1, $2) on conflict do nothing', [
        tx.tenantId,
        patch.site,
      ]);
    const params: unknown[] = [id, expectedVersion, now];
    const sets = Object.entries({
      name: patch.name,
      site: patch.site,
      class: patch.class,
      labels: patch.labels && JSON.stringify(patch.labels),
      pinned: patch.pinned,
    })
      .filter(([, value]) => value !== undefined)
      .map(([column, value]) => `${column} = $${params.push(value)}`);
    // Ended now and not forgotten: failures from before it was lifted have been paid for.
    if (patch.updatesBlockedUntil === null) sets.push('updates_blocked_until = least(updates_blocked_until, $3)');
    const [row] = await tx.query<DeviceRow>(
      `update devices d set ${[...sets, 'version = d.version + 1', 'updated_at = $3'].join(', ')}
       where d.id = $1 and ($2::int is null or d.version = $2) returning ${deviceColumns}`,
      params,
    );
    if (row !== undefined && patch.site !== undefined) await campaignSiteStore.relocate(tx, id, patch.site);
    if (row !== undefined && patch.pinned === true) await letGo(tx, waitsIn, now);
    return row ?? null;
  },

  /** Moves a device along its life; the caller holds its lock and has asked the machine. */
  async setState(tx: Tx, id: string, change: StateChange, now: Date): Promise<DeviceRow | null> {
    const [row] = await tx.query<DeviceRow>(
      `update devices d set state = $2, reason_code = $3, reason_detail = $4, since = $5, version = d.version + 1,
         updated_at = $5
       where d.id = $1 returning ${deviceColumns}`,
      [id, change.state, change.reasonCode, change.reasonDetail, now],
    );
    return row ?? null;
  },

  /** Devices that wait for their session to be cut, over all tenants. Needs a system transaction. */
  listDecommissioning(tx: Tx, limit: number): Promise<{ tenantId: string; id: string }[]> {
    return tx.query(`select tenant_id as "tenantId", id from devices where state = 'decommissioning' limit $1`, [
      limit,
    ]);
  },
};
