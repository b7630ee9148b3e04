import { messageFlags, qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import type { StoredContent } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import type { ArchiveSums } from '@muster/telemetry/parquet-archive';

export interface ArchiveAbout {
  readonly tenant: string;
  readonly day: string;
  /** The table the rows were in. */
  readonly source: string;
}

/** Longer lists of devices are left out; the file has them. */
const MOST_DEVICES = 10_000;

/** What stands beside an archived file, for whoever finds both in ten years without us. */
export const manifestOf = (
  about: ArchiveAbout,
  file: StoredContent,
  sums: ArchiveSums,
  devices: readonly string[],
) => ({
  manifest: 'muster telemetry archive',
  schemaVersion: 1,
  ...about,
  file: {
    sha256: file.sha256,
    bytes: file.size,
    format: 'Apache Parquet, Snappy',
    name: `telemetry/${about.tenant}/${file.sha256}`,
  },
  rows: sums.rows,
  readings: sums.readings,
  rowsDigest: sums.digest,
  from: sums.from?.toISOString() ?? null,
  to: sums.to?.toISOString() ?? null,
  deviceCount: devices.length,
  devices: devices.length > MOST_DEVICES ? null : devices,
  columns: {
    device_id: 'UUID of the device',
    place: 'where below the device it was measured, null for the device itself',
    asset: 'what was measured there, as it was called when the file was written',
    kind: 'heartbeat or telemetry',
    seq_no: 'number the device gave the message; with device_id, produced_at and kind it names the message',
    schema_version: 'version of the message as the device sent it',
    produced_at: 'time the device gave the message, UTC',
    received_at: 'time it arrived, UTC',
    corrected_at: 'time it counts at where the clock of the device cannot have been right, else null',
    flags: { bits: messageFlags },
    readings: 'list of metric, unit, dt_ms (milliseconds from corrected_at, else produced_at), value, quality',
    quality: { bits: qualityFlags, null: 'all readings of the message are fine' },
    extra: 'what else the message said, JSON',
  },
  howToRead: [
    `duckdb: select device_id, produced_at, unnest(readings, recursive := true) from 'file.parquet'`,
    `node: parquetReadObjects({ file: await asyncBufferFromFile('file.parquet') }) of hyparquet`,
  ],
});
