import { createHash } from 'node:crypto';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';

/** A stored message in words that mean something outside this database: ids of its own are nowhere in it. */
export interface ArchivedMessage {
  readonly deviceId: string;
  readonly place: string | null;
  readonly asset: string | null;
  /** A key of contracts `messageKinds`. */
  readonly kind: string;
  readonly seqNo: number;
  readonly schemaVersion: number;
  readonly producedAt: Date;
  readonly receivedAt: Date;
  readonly correctedAt: Date | null;
  readonly flags: number;
  readonly readings: readonly ArchivedReading[];
  /** JSON text, exactly as stored. */
  readonly extra: string | null;
}

export interface ArchivedReading {
  readonly metric: string;
  readonly unit: string | null;
  /** Ms from the message's corrected, else produced, time. */
  readonly dtMs: number;
  readonly value: number;
  /** Bits of contracts `qualityFlags`; null in all readings of a message whose readings are all fine. */
  readonly quality: number | null;
}

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const time = { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' } as const;
const must = { repetition_type: 'REQUIRED' } as const;
const may = { repetition_type: 'OPTIONAL' } as const;

/** One row a message; its readings as a list of structs in the standard three levels, which every reader understands. */
const schema: SchemaElement[] = [
  { name: 'root', num_children: 12 },
  { name: 'device_id', ...text, ...must },
  { name: 'place', ...text, ...may },
  { name: 'asset', ...text, ...may },
  { name: 'kind', ...text, ...must },
  { name: 'seq_no', type: 'INT64', ...must },
  { name: 'schema_version', type: 'INT32', ...must },
  { name: 'produced_at', ...time, ...must },
  { name: 'received_at', ...time, ...must },
  { name: 'corrected_at', ...time, ...may },
  { name: 'flags', type: 'INT32', ...must },
  { name: 'readings', converted_type: 'LIST', num_children: 1, ...must },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', num_children: 5, ...must },
  { name: 'metric', ...text, ...must },
  { name: 'unit', ...text, ...may },
  { name: 'dt_ms', type: 'INT32', ...must },
  { name: 'value', type: 'DOUBLE', ...must },
  { name: 'quality', type: 'INT32', ...may },
  { name: 'extra', ...text, ...may },
];

/** What a file holds, told by whoever wrote it and again by whoever read it back. */
export interface ArchiveSums {
  readonly rows: number;
  readonly readings: number;
  /** SHA-256 over every field of every row in order. */
  readonly digest: string;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** Writes messages as Parquet to the file at `path`, one row group a batch, so that memory holds one batch. Hands back its sums. */
export class ParquetArchive {
  readonly #writer: ParquetWriter;
  readonly #sums = new Sums();

  constructor(path: string, about: Readonly<Record<string, string>>) {
    const kvMetadata = Object.entries(about).map(([key, value]) => ({ key: `muster.${key}`, value }));
    this.#writer = new ParquetWriter({ writer: fileWriter(path), schema, kvMetadata, createdBy: 'muster' });
  }

  write(batch: readonly ArchivedMessage[]): void {
    if (batch.length === 0) return;
    for (const message of batch) this.#sums.add(message);
    const column = (name: string, of: (message: ArchivedMessage) => unknown) => ({ name, data: batch.map(of) });
    this.#writer.write({
      rowGroupSize: batch.length,
      columnData: [
        column('device_id', (m) => m.deviceId),
        column('place', (m) => m.place),
        column('asset', (m) => m.asset),
        column('kind', (m) => m.kind),
        column('seq_no', (m) => BigInt(m.seqNo)),
        column('schema_version', (m) => m.schemaVersion),
        column('produced_at', (m) => m.producedAt),
        column('received_at', (m) => m.receivedAt),
        column('corrected_at', (m) => m.correctedAt),
        column('flags', (m) => m.flags),
        {
          ...column('readings', (m) =>
            m.readings.map(({ metric, unit, dtMs, value, quality }) => ({ metric, unit, dt_ms: dtMs, value, quality })),
          ),
          ...(batch.some(hasNegativeZero) ? { encoding: 'PLAIN' as const } : {}),
        },
        column('extra', (m) => m.extra),
      ],
    });
  }

  finish(): ArchiveSums {
    this.#writer.finish();
    return this.#sums.take();
  }
}

/** The writer's dictionary takes -0 for 0. */
const hasNegativeZero = ({ readings }: ArchivedMessage): boolean => readings.some(({ value }) => Object.is(value, -0));

/** The messages of the file at `path`, a row group at a time. */
export async function* readParquetArchive(path: string): AsyncGenerator<ArchivedMessage[]> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
    yield rows.map(messageOf);
    rowStart = rowEnd;
  }
}

export async function sumsOf(path: string): Promise<ArchiveSums> {
  const sums = new Sums();
  for await (const batch of readParquetArchive(path)) for (const message of batch) sums.add(message);
  return sums.take();
}

interface ReadingRow {
  readonly metric: string;
  readonly unit?: string | null;
  readonly dt_ms: number;
  readonly value: number;
  readonly quality?: number | null;
}

const messageOf = (row: Record<string, unknown>): ArchivedMessage => ({
  deviceId: row.device_id as string,
  place: (row.place as string | null | undefined) ?? null,
  asset: (row.asset as string | null | undefined) ?? null,
  kind: row.kind as string,
  seqNo: Number(row.seq_no),
  schemaVersion: row.schema_version as number,
  producedAt: row.produced_at as Date,
  receivedAt: row.received_at as Date,
  correctedAt: (row.corrected_at as Date | null | undefined) ?? null,
  flags: row.flags as number,
  readings: ((row.readings as ReadingRow[] | undefined) ?? []).map((one) => ({
    metric: one.metric,
    unit: one.unit ?? null,
    dtMs: one.dt_ms,
    value: one.value,
    quality: one.quality ?? null,
  })),
  extra: (row.extra as string | null | undefined) ?? null,
});

class Sums {
  readonly #hash = createHash('sha256');
  #rows = 0;
  #readings = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;

  add({ readings, ...message }: ArchivedMessage): void {
    this.#rows++;
    this.#readings += readings.length;
    const at = message.producedAt.getTime();
    this.#from = Math.min(this.#from, at);
    this.#to = Math.max(this.#to, at);
    const { deviceId, place, asset, kind, seqNo, schemaVersion, receivedAt, correctedAt, flags, extra } = message;
    const head = [deviceId, place, asset, kind, seqNo, schemaVersion, at, receivedAt, correctedAt, flags, extra];
    this.#hash.update(JSON.stringify([head, readings.map((one) => [one.metric, one.unit, one.dtMs, one.quality])]));
    // JSON knows neither NaN nor the sign of zero.
    this.#hash.update(new Uint8Array(Float64Array.from(readings, ({ value }) => value).buffer));
  }

  take(): ArchiveSums {
    const some = this.#rows > 0;
    return {
      rows: this.#rows,
      readings: this.#readings,
      digest: this.#hash.digest('hex'),
      from: some ? new Date(this.#from) : null,
      to: some ? new Date(this.#to) : null,
    };
  }
}
