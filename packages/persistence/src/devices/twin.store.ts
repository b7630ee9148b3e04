import { type FieldVerdict } from '@muster/domain/configs/find-drift';
import type { TwinDocument } from '@muster/domain/devices/merge-twin';
import { reviseTwin, rewindTwin } from '@muster/domain/devices/patch-twin';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';

/** What the device's last report said beside the document. */
export interface TwinAck {
  readonly epoch: number;
  readonly verdicts: Readonly<Record<string, FieldVerdict>>;
}

export interface TwinRow {
  readonly deviceId: string;
  readonly desired: TwinDocument;
  readonly desiredVersion: number;
  readonly desiredAt: Date | null;
  readonly reported: TwinDocument;
  readonly reportedVersion: number;
  readonly reportedAt: Date | null;
  readonly ackedVersion: number;
  readonly ack: TwinAck | null;
}

export interface TwinReportWrite {
  readonly deviceId: string;
  readonly reported: TwinDocument;
  readonly reportedVersion: number;
  readonly ackedVersion: number;
  readonly ack: TwinAck;
}

export interface TwinRevisionRow {
  readonly version: number;
  readonly patch: TwinDocument;
  readonly actor: string;
  readonly at: Date;
}

const columns = `device_id as "deviceId", desired, desired_version as "desiredVersion", desired_at as "desiredAt", reported,
  reported_version as "reportedVersion", reported_at as "reportedAt", acked_version as "ackedVersion", ack`;

/** Desired and reported documents. Everything runs in a tenant transaction. */
export const twinStore = {
  async find(tx: Tx, deviceId: string): Promise<TwinRow | null> {
    const [row] = await tx.query<TwinRow>(`select ${columns} from twins where device_id = $1`, [deviceId]);
    return row ?? null;
  },

  /** The twins of these devices, locked in id order so that two batches never wait for each other in a ring. */
  lock(tx: Tx, deviceIds: readonly string[]): Promise<TwinRow[]> {
    return tx.query<TwinRow>(
      `select ${columns} from twins where device_id = any($1::uuid[]) order by device_id for update`,
      [deviceIds],
    );
  },

  /**
   * Gives twins the caller has locked new desired documents, with a revision and a `twin.desired_changed` letter each.
   * A document equal to the one there changes nothing. Returns the devices that changed.
   */
  async desire(
    tx: Tx,
    changes: readonly { readonly twin: TwinRow; readonly document: TwinDocument }[],
    actor: string,
    now: Date,
  ): Promise<string[]> {
    const revisions = changes
      .map(({ twin, document }) => ({
        deviceId: twin.deviceId,
        ...reviseTwin({ document: twin.desired, version: twin.desiredVersion }, document),
      }))
      .filter(({ changed }) => changed);
    if (revisions.length === 0) return [];
    const ids = revisions.map(({ deviceId }) => deviceId);
    const versions = revisions.map(({ version }) => version);
    await tx.execute(
      `update twins t set desired = r.document, desired_version = r.version, desired_at = $1
       from unnest($2::uuid[], $3::bigint[], $4::jsonb[]) r (device_id, version, document)
       where t.tenant_id = $5 and t.device_id = r.device_id`,
      [now, ids, versions, revisions.map(({ document }) => JSON.stringify(document)), tx.tenantId],
    );
    await tx.execute(
      `insert into twin_revisions (tenant_id, device_id, version, patch, undo, actor, at)
       select $1, r.device_id, r.version, r.patch, r.undo, $2, $3
       from unnest($4::uuid[], $5::bigint[], $6::jsonb[], $7::jsonb[]) r (device_id, version, patch, undo)`,
      [
        tx.tenantId,
        actor,
        now,
        ids,
        versions,
        revisions.map(({ patch }) => JSON.stringify(patch)),
        revisions.map(({ undo }) => JSON.stringify(undo)),
      ],
    );
    await outbox.dropAll(
      tx,
      revisions.map(({ deviceId, version }) => ({
        tenantId: tx.tenantId!,
        type: 'twin.desired_changed',
        key: deviceId,
        payload: { deviceId, version },
      })),
    );
    return ids;
  },

  /** Writes what a device reported and the desired version it has processed; drops `twin.reported`. */
  async report(tx: Tx, write: TwinReportWrite, now: Date): Promise<void> {
    await tx.execute(
      `update twins set reported = $2, reported_version = $3, reported_at = $4, acked_version = $5, ack = $6
       where device_id = $1`,
      [
        write.deviceId,
        JSON.stringify(write.reported),
        write.reportedVersion,
        now,
        write.ackedVersion,
        JSON.stringify(write.ack),
      ],
    );
    await outbox.drop(tx, {
      tenantId: tx.tenantId!,
      type: 'twin.reported',
      key: write.deviceId,
      payload: { deviceId: write.deviceId, version: write.reportedVersion },
    });
  },

  /**
   * Moves the desired version past one a device claims and we never gave: our memory was set back. Without this the device
   * would ignore everything we say until we catch up.
   */
  async leap(tx: Tx, deviceId: string, version: number): Promise<void> {
    await tx.execute('update twins set desired_version = $2, acked_version = 0 where device_id = $1', [
      deviceId,
      version,
    ]);
    await outbox.drop(tx, {
      tenantId: tx.tenantId!,
      type: 'twin.desired_changed',
      key: deviceId,
      payload: { deviceId, version },
    });
  },

  /** Whether the device holds a connection now. */
  async isConnected(tx: Tx, deviceId: string): Promise<boolean> {
    const [row] = await tx.query<{ connected: boolean }>('select connected from device_state where device_id = $1', [
      deviceId,
    ]);
    return row?.connected ?? false;
  },

  /** The desired document as it was at `version`; null when the way back is no longer kept or never was. */
  async desiredAt(tx: Tx, twin: TwinRow, version: number): Promise<TwinDocument | null> {
    if (version === twin.desiredVersion) return twin.desired;
    if (version > twin.desiredVersion || version < 0) return null;
    const undos = await tx.query<{ undo: TwinDocument }>(
      'select undo from twin_revisions where device_id = $1 and version > $2 order by version desc',
      [twin.deviceId, version],
    );
    return undos.length === twin.desiredVersion - version
      ? rewindTwin(
          twin.desired,
          undos.map(({ undo }) => undo),
        )
      : null;
  },

  /** Changes of the desired document, newest first, before `beforeVersion`. */
  history(tx: Tx, deviceId: string, beforeVersion: number | null, limit: number): Promise<TwinRevisionRow[]> {
    return tx.query<TwinRevisionRow>(
      `select version, patch, actor, at from twin_revisions
       where device_id = $1 and ($2::bigint is null or version < $2) order by version desc limit $3`,
      [deviceId, beforeVersion, limit],
    );
  },
};
