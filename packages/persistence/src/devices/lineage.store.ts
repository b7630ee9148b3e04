import type { Tx } from '../transaction.js';

/** One piece of hardware of several that stood in the same place, one after the other. */
export interface LineageRow {
  readonly deviceId: string;
  readonly deviceKey: number;
  readonly serial: string;
  /** When it took the place of the one before; null for the first. */
  readonly from: Date | null;
  /** When the next one took its place; null for the newest. */
  readonly to: Date | null;
}

/** How far back hardware is followed. */
const MOST = 32;

/** Devices and the hardware they took the place of. */
export const lineageStore = {
  /** The device and those before it, newest first; empty when it does not exist. */
  async of(tx: Tx, deviceId: string): Promise<LineageRow[]> {
    const rows = await tx.query<LineageRow & { createdAt: Date }>(
      `with recursive line as (
         select d.id, d.device_key, d.serial, d.predecessor_id, d.created_at, null::timestamptz as ended, 1 as place
         from devices d where d.id = $1
         union all
         select d.id, d.device_key, d.serial, d.predecessor_id, d.created_at, l.created_at, l.place + 1
         from line l join devices d on d.id = l.predecessor_id where l.place < ${MOST})
       select id as "deviceId", device_key as "deviceKey", serial,
         case when predecessor_id is not null then created_at end as "from", ended as "to" from line order by place`,
      [deviceId],
    );
    return rows;
  },

  /** Those of `deviceIds` with all hardware before them, each once. */
  async withPredecessors(tx: Tx, deviceIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `with recursive line as (
         select d.id, d.predecessor_id, 1 as place from devices d where d.id = any($1::uuid[])
         union select d.id, d.predecessor_id, l.place + 1 from line l join devices d on d.id = l.predecessor_id
         where l.place < ${MOST})
       select distinct id from line order by id`,
      [deviceIds],
    );
    return rows.map(({ id }) => id);
  },
};
