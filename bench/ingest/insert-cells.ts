import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database } from '@muster/persistence/database';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { byKey, type MessageRow } from '@muster/persistence/telemetry/message-row';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { DataSource, EntitySchema } from 'typeorm';

export const METRICS = 5;
export const BATCH = 1_000;
const DEVICES = 10_000;
const TELEMETRY = 2;

/**
 * `count` messages of a fleet of 10,000 as they would arrive, cut into batches that are sorted as the ingest sorts them.
 * `round` keeps the keys of one round apart from those of others.
 */
export function batchesOf(round: number, count: number, readings: number): MessageRow[][] {
  const start = Date.now() - 3_600_000;
  const metric = Array.from({ length: METRICS * readings }, (_, i) => (i % METRICS) + 1);
  const dtMs = metric.map((_, i) => (Math.floor(i / METRICS) - readings + 1) * 1_000);
  const rows = Array.from({ length: count }, (_, i): MessageRow => {
    const producedAt = new Date(start + Math.floor(i / DEVICES) * 10_000 + (i % 997));
    return {
      deviceKey: ((i * 7_919) % DEVICES) + 1,
      tenant: 'north',
      producedAt,
      seqNo: round * 10_000_000 + i,
      kind: TELEMETRY,
      placeId: null,
      receivedAt: producedAt,
      schemaVersion: 1,
      correctedAt: null,
      flags: 0,
      dtMs,
      metric,
      value: metric.map((_, m) => 230 + ((i * 7 + m) % 1_000) / 10),
      extra: null,
      quality: null,
    };
  });
  const batches: MessageRow[][] = [];
  for (let at = 0; at < rows.length; at += BATCH) batches.push(rows.slice(at, at + BATCH).sort(byKey));
  return batches;
}

const columns = 'device_key, produced_at, seq_no, kind, received_at, schema_version, flags, dt_ms, metric, value';

/** Tables of the shape, key and partitioning of `messages`, and one without a key; as the owner. */
export async function createTables(sql: pg.Client): Promise<void> {
  await sql.query('create table bench_copy (like messages including all) partition by range (produced_at)');
  await sql.query(
    `create table bench_copy_now partition of bench_copy for values from ('2000-01-01') to ('2100-01-01')`,
  );
  await sql.query('create table bench_heap (like messages including defaults)');
  await sql.query(`create table bench_orm (id bigserial primary key, device_key int not null,
    produced_at timestamptz not null, seq_no bigint not null, readings jsonb not null)`);
}

/** How the product writes: a statement of binary arrays a batch, `connections` of them at once. Returns how many were new. */
export async function byBatch(database: Database, batches: readonly MessageRow[][], connections = 2): Promise<number> {
  const waiting = [...batches];
  let stored = 0;
  const write = async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const fresh = await ingestStore.insert(database.statements, batch);
      stored += fresh.get(TELEMETRY) ?? 0;
    }
  };
  await Promise.all(Array.from({ length: connections }, write));
  return stored;
}

/** The text COPY reads, made before it is measured: what is compared is the database's side and the way there. */
export const copyTextOf = (batches: readonly MessageRow[][]): Buffer[] =>
  batches.map((batch) =>
    Buffer.from(
      batch
        .map(
          (row) =>
            `${row.deviceKey}\t${row.producedAt.toISOString()}\t${row.seqNo}\t${row.kind}\t${row.receivedAt.toISOString()}\t1\t0\t{${row.dtMs.join()}}\t{${row.metric.join()}}\t{${row.value.join()}}\n`,
        )
        .join(''),
    ),
  );

export const byCopy = (sql: pg.Client, table: string, text: readonly Buffer[]): Promise<void> =>
  pipeline(Readable.from(text), sql.query(copyFrom(`copy ${table} (${columns}) from stdin`)));

/** A prepared insert and a commit for every message. */
export async function byRow(sql: pg.Client, rows: readonly MessageRow[]): Promise<void> {
  for (const row of rows)
    await sql.query({
      name: 'bench_one',
      text: `insert into bench_copy (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
      values: [
        row.deviceKey,
        row.producedAt,
        row.seqNo,
        row.kind,
        row.receivedAt,
        1,
        0,
        row.dtMs,
        row.metric,
        row.value,
      ],
    });
}

const Message = new EntitySchema({
  name: 'bench_orm',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    deviceKey: { type: 'int', name: 'device_key' },
    producedAt: { type: 'timestamptz', name: 'produced_at' },
    seqNo: { type: 'bigint', name: 'seq_no' },
    readings: { type: 'jsonb' },
  },
});

export const openOrm = (url: string): Promise<DataSource> =>
  new DataSource({ type: 'postgres', url, entities: [Message] }).initialize();

/** One `save()` a message, one after another. */
export async function bySave(orm: DataSource, rows: readonly MessageRow[]): Promise<void> {
  const repository = orm.getRepository('bench_orm');
  for (const { deviceKey, producedAt, seqNo, value } of rows)
    await repository.save({ deviceKey, producedAt, seqNo, readings: { value } });
}
