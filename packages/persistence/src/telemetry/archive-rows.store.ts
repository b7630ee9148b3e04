import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import type { ArchivedMessage, ArchivedReading } from '@muster/telemetry/parquet-archive';
import { arrayLiteral, quoted } from '../array-literal.js';
import type { Tx } from '../transaction.js';
import { ingestStore } from './ingest.store.js';
import { byKey } from './message-row.js';
import { known } from './partitioned.js';

/** After which row reading goes on. */
export interface RowPosition {
  readonly deviceKey: number;
  readonly producedAt: Date;
  readonly seqNo: number;
  readonly kind: number;
}
export interface RowPage {
  readonly messages: ArchivedMessage[];
  readonly last: RowPosition | null;
}
interface SourceRow extends RowPosition {
  readonly deviceId: string;
  readonly place: string | null;
  readonly asset: string | null;
  readonly receivedAt: Date;
  readonly schemaVersion: number;
  readonly correctedAt: Date | null;
  readonly flags: number;
  readonly dtMs: number[];
  readonly metric: number[];
  readonly value: number[];
  readonly quality: number[] | null;
  readonly extra: string | null;
}
interface Metric {
  readonly id: number;
  readonly key: string;
  readonly unit: string | null;
}
/** A row as it goes back, with the ids that its names have now. */
interface RestoredRow extends RowPosition {
  readonly placeId: number | null;
  readonly metric: readonly number[];
  readonly message: ArchivedMessage;
}

const kindNames = new Map<number, string>(Object.entries(messageKinds).map(([name, kind]) => [kind, name]));
const float = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Rows of messages on their way into files and back. */
export const archiveRowsStore = {
  /** Up to `limit` rows of the devices after `after`, in the order of the key, with names in the place of ids. */
  async read(
    tx: Tx,
    source: string,
    deviceKeys: readonly number[],
    after: RowPosition | null,
    limit: number,
  ): Promise<RowPage> {
    const rows = await tx.query<SourceRow>(
      `select m.device_key as "deviceKey", d.id as "deviceId", p.path as place, p.asset, m.kind, m.seq_no as "seqNo",
         m.schema_version as "schemaVersion", m.produced_at as "producedAt", m.received_at as "receivedAt",
         m.corrected_at as "correctedAt", m.flags, m.dt_ms as "dtMs", m.metric, m.value, m.quality, m.extra::text as extra
       from (select * from ${known(source)} where device_key = any($1::int[])
           and ($2::int is null or (device_key, produced_at, seq_no, kind) > ($2, $3::timestamptz, $4::bigint, $5::smallint))
         order by device_key, produced_at, seq_no, kind limit $6) m
       join devices d using (device_key) left join places p on p.id = m.place_id
       order by m.device_key, m.produced_at, m.seq_no, m.kind`,
      [
        deviceKeys,
        after?.deviceKey ?? null,
        after?.producedAt ?? null,
        after?.seqNo ?? null,
        after?.kind ?? null,
        limit,
      ],
    );
    // Here and not in the query: a join for each reading would cost more than all the rest.
    const ids = new Set(rows.flatMap(({ metric }) => metric));
    const catalogue = await tx.query<Metric>('select id, key, unit from metrics where id = any($1::int[])', [[...ids]]);
    const metrics = new Map(catalogue.map((metric) => [metric.id, metric]));
    return { messages: rows.map((row) => archived(row, metrics)), last: rows.at(-1) ?? null };
  },

  /** Puts messages back as they were, whether or not they are there already; returns how many were not. Nothing is marked for rollup. */
  async restore(tx: Tx, tenant: string, messages: readonly ArchivedMessage[]): Promise<number> {
    const rows = await resolve(tx, tenant, messages);
    return tx.execute(
      `insert into messages (device_key, produced_at, seq_no, kind, place_id, received_at, schema_version, corrected_at, flags,
         dt_ms, metric, value, quality, extra)
       select d, p, s, k, pl, r, v, c, f, dt::int[], m::int[], val::float8[], q::smallint[], e::jsonb
       from unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::smallint[], $5::int[], $6::timestamptz[], $7::smallint[],
         $8::timestamptz[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
         u(d, p, s, k, pl, r, v, c, f, dt, m, val, q, e)
       on conflict do nothing`,
      [
        ...keysOf(rows),
        arrayLiteral(rows, (row) => row.placeId),
        arrayLiteral(rows, ({ message }) => message.receivedAt.toISOString()),
        arrayLiteral(rows, ({ message }) => message.schemaVersion),
        arrayLiteral(rows, ({ message }) => message.correctedAt?.toISOString() ?? null),
        arrayLiteral(rows, ({ message }) => message.flags),
        arrayLiteral(rows, ({ message }) => quoted(`{${message.readings.map(({ dtMs }) => dtMs).join(',')}}`)),
        arrayLiteral(rows, ({ metric }) => quoted(`{${metric.join(',')}}`)),
        arrayLiteral(rows, ({ message }) => quoted(`{${message.readings.map(({ value }) => float(value)).join(',')}}`)),
        arrayLiteral(rows, ({ message }) => qualityOf(message.readings)),
        arrayLiteral(rows, ({ message }) => (message.extra === null ? null : quoted(message.extra))),
      ],
    );
  },

  /** Takes the very messages out again; returns how many were there. */
  async remove(tx: Tx, messages: readonly ArchivedMessage[]): Promise<number> {
    const rows = await withKeys(tx, messages);
    return tx.execute(
      `delete from messages m using unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::smallint[]) u(d, p, s, k)
       where m.device_key = d and m.produced_at = p and m.seq_no = s and m.kind = k
         and m.produced_at between $5 and $6`,
      [
        ...keysOf(rows),
        new Date(Math.min(...rows.map(({ producedAt }) => producedAt.getTime()))),
        new Date(Math.max(...rows.map(({ producedAt }) => producedAt.getTime()))),
      ],
    );
  },
};

const archived = (row: SourceRow, metrics: ReadonlyMap<number, Metric>): ArchivedMessage => {
  const { deviceId, place, asset, seqNo, schemaVersion, producedAt, receivedAt, correctedAt, flags, extra } = row;
  const readings = row.value.map((value, i) => {
    const metric = metrics.get(row.metric[i]!);
    if (metric === undefined)
      throw new Error(`a stored message names metric ${row.metric[i]}, which is not catalogued`);
    return { metric: metric.key, unit: metric.unit, dtMs: row.dtMs[i]!, value, quality: row.quality?.[i] ?? null };
  });
  const kind = kindNames.get(row.kind) ?? String(row.kind);
  const times = { producedAt, receivedAt, correctedAt };
  return { deviceId, place, asset, kind, seqNo, schemaVersion, ...times, flags, readings, extra };
};

const kindOf = (name: string): number => (messageKinds as Record<string, number>)[name] ?? Number(name);

async function withKeys(tx: Tx, messages: readonly ArchivedMessage[]) {
  const devices = await ingestStore.findDevices(tx, [...new Set(messages.map(({ deviceId }) => deviceId))]);
  return messages
    .flatMap((message) => {
      const device = devices.get(message.deviceId);
      if (device === undefined) return [];
      const { producedAt, seqNo, kind } = message;
      return [{ deviceKey: device.deviceKey, producedAt, seqNo, kind: kindOf(kind), message }];
    })
    .sort(byKey);
}

async function resolve(tx: Tx, tenant: string, messages: readonly ArchivedMessage[]): Promise<RestoredRow[]> {
  const rows = await withKeys(tx, messages);
  const keys = new Set(messages.flatMap(({ readings }) => readings.map(({ metric }) => metric)));
  const metrics = await ingestStore.metricIds(
    tx,
    [...keys].map((key) => ({ tenant, key })),
  );
  const places = await ingestStore.placeIds(
    tx,
    // The asset may have been changed since; what the file says of it is history.
    rows.flatMap(({ deviceKey, message: { place: path } }) =>
      path === null ? [] : [{ tenant, deviceKey, path, asset: null }],
    ),
  );
  return rows.map((row) => ({
    ...row,
    placeId: row.message.place === null ? null : places.get(`${row.deviceKey}/${row.message.place}`)!,
    metric: row.message.readings.map(({ metric }) => metrics.get(`${tenant}/${metric}`)!),
  }));
}

const keysOf = (rows: readonly RowPosition[]): string[] => [
  arrayLiteral(rows, (row) => row.deviceKey),
  arrayLiteral(rows, (row) => row.producedAt.toISOString()),
  arrayLiteral(rows, (row) => row.seqNo),
  arrayLiteral(rows, (row) => row.kind),
];

const qualityOf = (readings: readonly ArchivedReading[]): string | null =>
  readings.some(({ quality }) => quality !== null)
    ? quoted(`{${readings.map(({ quality }) => quality ?? 0).join(',')}}`)
    : null;
