import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import type { Tx } from '../transaction.js';
import type { MessageKey } from './message-row.js';

export interface Watched {
  readonly deviceKey: number;
  /** Ms since the epoch; the watch ends by itself. */
  readonly until: number;
}

/** Keys of stored messages of one device: produced at in ms, number. */
export interface Announcement {
  readonly deviceKey: number;
  readonly keys: readonly (readonly [producedAt: number, seqNo: number])[];
}

export interface TailRow {
  readonly producedAt: Date;
  readonly seqNo: number;
  readonly receivedAt: Date;
  /** Of the message's readings: the corrected time where there is one. */
  readonly at: Date;
  readonly place: string | null;
  readonly dtMs: number[];
  readonly metric: number[];
  readonly value: number[];
  readonly quality: number[] | null;
}

/** NOTIFY carries less than 8,000 bytes; a key takes some thirty. */
const KEYS_PER_WORD = 200;

const columns = `m.produced_at as "producedAt", m.seq_no as "seqNo", m.received_at as "receivedAt",
  coalesce(m.corrected_at, m.produced_at) as at, p.path as place, m.dt_ms as "dtMs", m.metric, m.value, m.quality`;

/**
 * Word of what was stored, for whoever watches a device, and the reads that follow it. System transactions: who may watch
 * is decided before, and the row policy of `messages` would look the device up for every row.
 */
export const tailStore = {
  watchChannel: 'muster_watch',
  tailChannel: 'muster_tail',

  parseWatch(payload: string): Watched {
    const [deviceKey, until] = payload.split(':').map(Number);
    return { deviceKey: deviceKey!, until: until! };
  },

  parseAnnouncement: (payload: string): Announcement => {
    const [deviceKey, ...flat] = payload.split(',').map(Number);
    const keys: [number, number][] = [];
    for (let i = 0; i < flat.length; i += 2) keys.push([flat[i]!, flat[i + 1]!]);
    return { deviceKey: deviceKey!, keys };
  },

  /** From now until `until` the processes that ingest tell what they store of the device. */
  async watch(tx: Tx, process: string, { deviceKey, until }: Watched, now: Date): Promise<void> {
    await tx.execute('delete from watched_devices where until < $1', [now]);
    await tx.execute(
      `insert into watched_devices (device_key, process, until) values ($1, $2, $3)
       on conflict (device_key, process) do update set until = excluded.until`,
      [deviceKey, process, new Date(until)],
    );
    await tx.query('select pg_notify($1, $2)', [tailStore.watchChannel, `${deviceKey}:${until}`]);
  },

  async watched(tx: Tx, now: Date): Promise<Watched[]> {
    const rows = await tx.query<{ deviceKey: number; until: Date }>(
      'select device_key as "deviceKey", max(until) as until from watched_devices where until > $1 group by 1',
      [now],
    );
    return rows.map(({ deviceKey, until }) => ({ deviceKey, until: until.getTime() }));
  },

  /** In the transaction that stores them, so that the word goes out with the commit or not at all. */
  async announce(tx: Tx, rows: readonly MessageKey[]): Promise<void> {
    const readings = rows.filter(({ kind }) => kind === messageKinds.telemetry);
    for (const [deviceKey, own] of Map.groupBy(readings, (row) => row.deviceKey))
      for (let from = 0; from < own.length; from += KEYS_PER_WORD) {
        const keys = own.slice(from, from + KEYS_PER_WORD).map((row) => `${row.producedAt.getTime()},${row.seqNo}`);
        await tx.query('select pg_notify($1, $2)', [tailStore.tailChannel, [deviceKey, ...keys].join(',')]);
      }
  },

  /** The messages of these keys, in the order they were received. */
  byKeys(tx: Tx, { deviceKey, keys }: Announcement): Promise<TailRow[]> {
    return tx.query<TailRow>(
      `select ${columns} from unnest($2::timestamptz[], $3::bigint[]) k(p, s)
       join messages m on m.device_key = $1 and m.produced_at = k.p and m.seq_no = k.s and m.kind = ${messageKinds.telemetry}
       left join places p on p.id = m.place_id order by m.received_at, m.produced_at, m.seq_no`,
      [deviceKey, keys.map(([ms]) => new Date(ms)), keys.map(([, seqNo]) => seqNo)],
    );
  },

  /**
   * The newest messages produced and received since these times, in the order they were received: a short range of the key,
   * whatever a device stored.
   */
  async recent(tx: Tx, deviceKey: number, produced: Date, received: Date, limit: number): Promise<TailRow[]> {
    const rows = await tx.query<TailRow>(
      `select ${columns} from messages m left join places p on p.id = m.place_id
       where m.device_key = $1 and m.kind = ${messageKinds.telemetry} and m.produced_at >= $2
         and m.produced_at < $3::timestamptz + interval '1 day' and m.received_at >= $3
       order by m.received_at desc, m.produced_at desc, m.seq_no desc limit $4`,
      [deviceKey, produced, received, limit],
    );
    return rows.reverse();
  },

  async deviceKey(tx: Tx, deviceId: string): Promise<number | null> {
    const [row] = await tx.query<{ key: number }>('select device_key as key from devices where id = $1', [deviceId]);
    return row?.key ?? null;
  },

  metrics(tx: Tx, ids: readonly number[]): Promise<{ id: number; key: string; personal: boolean }[]> {
    return tx.query('select id, key, personal from metrics where id = any($1)', [ids]);
  },
};
