import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import type { Tx } from '../transaction.js';

export interface ExportedDevice {
  readonly id: string;
  readonly deviceKey: number;
  readonly name: string;
  readonly serial: string;
  readonly site: string | null;
  readonly region: string | null;
}
export interface ExportFilter {
  readonly ids: readonly string[] | null;
  readonly site: string | null;
  readonly class: string | null;
  readonly labels: Readonly<Record<string, string>> | null;
}
export interface ExportedMetric {
  readonly id: number;
  readonly key: string;
  readonly unit: string | null;
  readonly personal: boolean;
}
export interface ExportedPlace {
  readonly id: number;
  readonly path: string;
  readonly asset: string | null;
}

/** Where a device's messages are read on: after this time as the database writes it, and number. */
export interface MessageMark {
  readonly deviceKey: number;
  readonly producedAt: string;
  readonly seqNo: number;
}
/** Messages by the device's own time; `corrected` are those that count at another, within it. */
export interface MessageSpan {
  readonly from: Date;
  readonly to: Date;
  readonly corrected: { readonly from: Date; readonly to: Date } | null;
}
export interface ExportedMessage extends MessageMark {
  readonly receivedAt: Date;
  readonly at: Date;
  readonly corrected: boolean;
  readonly placeId: number | null;
  readonly dtMs: number[];
  readonly metric: number[];
  readonly value: number[];
  readonly quality: number[] | null;
}

export interface BucketMark {
  readonly deviceKey: number;
  readonly placeId: number;
  readonly metric: number;
  readonly bucket: Date;
}
export interface ExportedBucket extends BucketMark {
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  readonly delta: number | null;
}

export const rollupTables = { hour: 'telemetry_hourly', day: 'telemetry_daily', week: 'telemetry_weekly' } as const;

/**
 * Reads of an export: pages of devices by id, and of each device's rows in the order of their key. Every page is a short
 * transaction of its own: a cursor would hold one snapshot for as long as somebody's download takes, and with it vacuum
 * and the partitions. Devices, places and metrics are read in tenant transactions, which prove whose they are; rows then
 * in system transactions, because their row policy would look the device up for every row.
 */
export const exportStore = {
  /** Devices after `afterId` in id order, those whose life is over too: their past is exported like others'. */
  devices(tx: Tx, filter: ExportFilter, afterId: string | null, limit: number): Promise<ExportedDevice[]> {
    return tx.query<ExportedDevice>(
      `select d.id, d.device_key as "deviceKey", d.name, d.serial, d.site, s.region
       from devices d left join sites s on s.tenant_id = d.tenant_id and s.name = d.site
       where ($1::uuid[] is null or d.id = any($1)) and ($2::text is null or d.site = $2) and ($3::text is null or d.class = $3)
         and ($4::jsonb is null or d.labels @> $4) and ($5::uuid is null or d.id > $5)
       order by d.id limit $6`,
      [
        filter.ids,
        filter.site,
        filter.class,
        filter.labels === null ? null : JSON.stringify(filter.labels),
        afterId,
        limit,
      ],
    );
  },

  /** Those among `ids` that are devices of the tenant. */
  async known(tx: Tx, ids: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ id: string }>('select id from devices where id = any($1::uuid[])', [ids]);
    return rows.map(({ id }) => id);
  },

  metricsByKey(tx: Tx, keys: readonly string[]): Promise<{ id: number; key: string; aliasOf: number | null }[]> {
    return tx.query('select id, key, alias_of as "aliasOf" from metrics where key = any($1)', [keys]);
  },

  metricsById(tx: Tx, ids: readonly number[]): Promise<ExportedMetric[]> {
    return tx.query('select id, key, unit, personal from metrics where id = any($1)', [ids]);
  },

  places(tx: Tx, deviceKeys: readonly number[]): Promise<ExportedPlace[]> {
    return tx.query('select id, path, asset from places where device_key = any($1)', [deviceKeys]);
  },

  /** Up to `limit` messages of each device after its mark. */
  messages(tx: Tx, marks: readonly MessageMark[], span: MessageSpan, limit: number): Promise<ExportedMessage[]> {
    return tx.query<ExportedMessage>(
      `select d.key as "deviceKey", m.produced_at::text as "producedAt", m.seq_no as "seqNo", m.received_at as "receivedAt",
         coalesce(m.corrected_at, m.produced_at) as at, m.corrected_at is not null as corrected, m.place_id as "placeId",
         m.dt_ms as "dtMs", m.metric, m.value, m.quality
       from unnest($1::int[], $2::timestamptz[], $3::bigint[]) d(key, after_p, after_s)
       cross join lateral (
         select * from messages
         where device_key = d.key and kind = ${messageKinds.telemetry} and produced_at >= $4 and produced_at < $5
           and produced_at >= d.after_p and (produced_at, seq_no) > (d.after_p, d.after_s)
           and ($6::timestamptz is null or corrected_at >= $6 and corrected_at < $7)
         order by produced_at, seq_no limit $8) m`,
      [
        marks.map(({ deviceKey }) => deviceKey),
        marks.map(({ producedAt }) => producedAt),
        marks.map(({ seqNo }) => seqNo),
        span.from,
        span.to,
        span.corrected?.from ?? null,
        span.corrected?.to ?? null,
        limit,
      ],
    );
  },

  /** Up to `limit` rolled up buckets of each device after its mark, by place, metric and time. */
  buckets(
    tx: Tx,
    marks: readonly BucketMark[],
    of: { resolution: keyof typeof rollupTables; from: Date; to: Date; metrics: readonly number[] | null },
    limit: number,
  ): Promise<ExportedBucket[]> {
    return tx.query<ExportedBucket>(
      `select d.key as "deviceKey", b.place_id as "placeId", b.metric, b.bucket, b.n, b.sum, b.min, b.max, b.last, b.delta
       from unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[]) d(key, after_place, after_metric, after_bucket)
       cross join lateral (
         select * from ${rollupTables[of.resolution]}
         where device_key = d.key and bucket >= $5 and bucket < $6 and ($7::int[] is null or metric = any($7))
           and (place_id, metric, bucket) > (d.after_place, d.after_metric, d.after_bucket)
         order by place_id, metric, bucket limit $8) b`,
      [
        marks.map(({ deviceKey }) => deviceKey),
        marks.map(({ placeId }) => placeId),
        marks.map(({ metric }) => metric),
        marks.map(({ bucket }) => bucket),
        of.from,
        of.to,
        of.metrics,
        limit,
      ],
    );
  },
};
