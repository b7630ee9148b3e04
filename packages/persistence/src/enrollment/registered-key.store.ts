import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface RegisteredKeyRow {
  readonly id: string;
  readonly deviceId: string;
  readonly model: string;
  readonly serial: string;
  readonly keyHash: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly usedAt: Date | null;
  readonly revokedAt: Date | null;
}

const columns = `k.id, k.device_id as "deviceId", d.model, d.serial, k.key_hash as "keyHash", k.created_by as "createdBy",
  k.created_at as "createdAt", k.used_at as "usedAt", k.revoked_at as "revokedAt"`;
const from = 'registered_keys k join devices d on d.tenant_id = k.tenant_id and d.id = k.device_id';

/** Keys devices were made with, by the SHA-256 of the subject public key info. One key is registered once, over all tenants. */
export const registeredKeyStore = {
  /** Registers many; returns how many were new: a key that is registered already, wherever, is not registered again. */
  insertAll(
    tx: Tx,
    keys: readonly { readonly deviceId: string; readonly keyHash: string }[],
    createdBy: string,
    now: Date,
  ): Promise<number> {
    return tx.execute(
      `insert into registered_keys (tenant_id, id, device_id, key_hash, created_by, created_at)
       select $1, r.*, $2, $3 from unnest($4::uuid[], $5::uuid[], $6::text[]) r on conflict do nothing`,
      [
        tx.tenantId,
        createdBy,
        now,
        keys.map(() => uuidv7()),
        keys.map(({ deviceId }) => deviceId),
        keys.map(({ keyHash }) => keyHash),
      ],
    );
  },

  listByKeys(tx: Tx, keyHashes: readonly string[]): Promise<RegisteredKeyRow[]> {
    return tx.query<RegisteredKeyRow>(`select ${columns} from ${from} where k.key_hash = any($1::text[])`, [keyHashes]);
  },

  /** Devices of these models and serial numbers, and whether a registered key of theirs waits for its first use. */
  listDevices(
    tx: Tx,
    devices: readonly { readonly model: string; readonly serial: string }[],
  ): Promise<{ id: string; model: string; serial: string; state: DeviceState; awaitsKey: boolean }[]> {
    return tx.query(
      `select d.id, d.model, d.serial, d.state, exists (select 1 from registered_keys k
           where k.tenant_id = d.tenant_id and k.device_id = d.id and k.used_at is null and k.revoked_at is null) as "awaitsKey"
       from devices d join unnest($1::text[], $2::text[]) r (model, serial) on d.model = r.model and d.serial = r.serial`,
      [devices.map(({ model }) => model), devices.map(({ serial }) => serial)],
    );
  },

  /** Newest first (ids sort by time), older than `beforeId`. */
  list(tx: Tx, beforeId: string | null, limit: number): Promise<RegisteredKeyRow[]> {
    return tx.query<RegisteredKeyRow>(
      `select ${columns} from ${from} where $1::uuid is null or k.id < $1 order by k.id desc limit $2`,
      [beforeId, limit],
    );
  },

  /** Null when there is no such key; revoking twice keeps the first time. */
  async revoke(tx: Tx, id: string, now: Date): Promise<RegisteredKeyRow | null> {
    await tx.execute('update registered_keys set revoked_at = coalesce(revoked_at, $2) where id = $1', [id, now]);
    const [row] = await tx.query<RegisteredKeyRow>(`select ${columns} from ${from} where k.id = $1`, [id]);
    return row ?? null;
  },

  /** Whose key this is. Needs a system transaction: the tenant is being asked. */
  async locate(tx: Tx, keyHash: string): Promise<{ tenantId: string; id: string } | null> {
    const [row] = await tx.query<{ tenantId: string; id: string }>(
      'select tenant_id as "tenantId", id from registered_keys where key_hash = $1',
      [keyHash],
    );
    return row ?? null;
  },

  /** Those of `keyHashes` that another tenant registered or any certificate has. Needs a system transaction. */
  async listTaken(tx: Tx, tenantId: string, keyHashes: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ keyHash: string }>(
      `select key_hash as "keyHash" from registered_keys where key_hash = any($2::text[]) and tenant_id <> $1
       union select key_hash from certificates where key_hash = any($2::text[])`,
      [tenantId, keyHashes],
    );
    return rows.map(({ keyHash }) => keyHash);
  },

  async lock(tx: Tx, id: string): Promise<RegisteredKeyRow | null> {
    const [row] = await tx.query<RegisteredKeyRow>(`select ${columns} from ${from} where k.id = $1 for update of k`, [
      id,
    ]);
    return row ?? null;
  },

  async spend(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.execute('update registered_keys set used_at = coalesce(used_at, $2) where id = $1', [id, now]);
  },

  /** The key a device that never enrolled is to come with; null when any key will do. */
  async awaited(tx: Tx, deviceId: string): Promise<string | null> {
    const [row] = await tx.query<{ keyHash: string }>(
      `select key_hash as "keyHash" from registered_keys
       where device_id = $1 and used_at is null and revoked_at is null limit 1`,
      [deviceId],
    );
    return row?.keyHash ?? null;
  },
};
