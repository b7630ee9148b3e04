import { binaryArray, textArray } from '../binary-array.js';
import type { Tx } from '../transaction.js';

/** The newest reading of one metric of a device or of a place below it. */
export interface LatestValue {
  readonly deviceKey: number;
  /** 0 for the device itself. */
  readonly placeId: number;
  readonly metric: number;
  readonly tenant: string;
  /** Ms since the epoch. */
  readonly at: number;
  readonly value: number;
}

const bySeries = (a: LatestValue, b: LatestValue): number =>
  a.deviceKey - b.deviceKey || a.placeId - b.placeId || a.metric - b.metric;

/** Written a little after the messages they come from, and made good by each rollup: a copy for quick reading. */
export const latestStore = {
  /** Keeps what is newer than what is known, one value a series. Values of devices that are gone are dropped. */
  async keep(tx: Tx, values: readonly LatestValue[]): Promise<void> {
    // Sorted, as everywhere, so that two workers cannot deadlock.
    const sorted = values.toSorted(bySeries);
    await tx.prepared('muster_keep_latest', KEEP, [
      binaryArray('int4', sorted, (one) => one.deviceKey),
      binaryArray('int4', sorted, (one) => one.placeId),
      binaryArray('int4', sorted, (one) => one.metric),
      textArray(sorted, (one) => one.tenant),
      binaryArray('timestamptz', sorted, (one) => one.at),
      binaryArray('float8', sorted, (one) => one.value),
    ]);
  },
};

const KEEP = `
  insert into latest_values (device_key, place_id, metric, tenant_id, at, value)
  select u.* from unnest($1::int[], $2::int[], $3::int[], $4::text[], $5::timestamptz[], $6::float8[]) u(d, p, m, t, a, v)
  where exists (select from devices where device_key = u.d) order by d, p, m
  on conflict (device_key, place_id, metric) do update set at = excluded.at, value = excluded.value
  where excluded.at >= latest_values.at`;
