import type { Tx } from '../transaction.js';

/** How far our clock is ahead of a device's, in ms, in one of its runs and for one way of being wrong. */
export interface ClockAnchorRow {
  readonly deviceKey: number;
  readonly tenant: string;
  readonly bootId: string;
  readonly fault: 'unset' | 'ahead';
  readonly offsetMs: number;
}

/** A heartbeat that was quicker by less than this tells nothing new; the time of messages in between stays comparable. */
export const ANCHOR_STEP_MS = 2_000;
/** Runs kept of one device: it cannot have waiting messages of more. */
const RUNS = 32;

const byRun = (a: ClockAnchorRow, b: ClockAnchorRow): number =>
  a.deviceKey - b.deviceKey || (a.bootId < b.bootId ? -1 : a.bootId > b.bootId ? 1 : a.fault < b.fault ? -1 : 1);

/** Needs system transactions. */
export const clockAnchorStore = {
  /**
   * Keeps the smallest offset of each run, at most one of `anchors` a run: what is above the true one is the time a
   * heartbeat took to arrive. Runs long past are dropped.
   */
  async keep(tx: Tx, anchors: readonly ClockAnchorRow[]): Promise<void> {
    const sorted = anchors.toSorted(byRun);
    await tx.execute(
      `with kept as (
         insert into clock_anchors as known (device_key, tenant_id, boot_id, fault, offset_ms)
         select u.* from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::bigint[]) u(d, t, b, f, o)
         where exists (select from devices where device_key = u.d) order by d, b, f
         on conflict (device_key, boot_id, fault) do update set offset_ms = excluded.offset_ms
         where excluded.offset_ms < known.offset_ms - ${ANCHOR_STEP_MS}
         returning device_key)
       delete from clock_anchors a using (
         select device_key, boot_id, fault, row_number() over (partition by device_key order by made_at desc) as n
         from clock_anchors where device_key in (select device_key from kept)) old
       where old.n > ${RUNS} and (a.device_key, a.boot_id, a.fault) = (old.device_key, old.boot_id, old.fault)`,
      [
        sorted.map(({ deviceKey }) => deviceKey),
        sorted.map(({ tenant }) => tenant),
        sorted.map(({ bootId }) => bootId),
        sorted.map(({ fault }) => fault),
        sorted.map(({ offsetMs }) => offsetMs),
      ],
    );
  },

  /** The anchors of one run, of either fault. */
  async ofRun(tx: Tx, deviceKey: number, bootId: string): Promise<Pick<ClockAnchorRow, 'fault' | 'offsetMs'>[]> {
    return tx.query(
      'select fault, offset_ms::float8 as "offsetMs" from clock_anchors where device_key = $1 and boot_id = $2',
      [deviceKey, bootId],
    );
  },
};
