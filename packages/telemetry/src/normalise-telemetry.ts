import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import type { Uplink } from './decode-uplink.js';
import { judgeClock } from './judge-clock.js';

/** The readings of one message as parallel arrays, the shape they are stored in. */
export interface NormalTelemetry {
  readonly seqNo: number;
  readonly producedAt: Date;
  readonly correctedAt: Date | null;
  readonly flags: number;
  readonly schemaVersion: number;
  /** Offset of each value from `producedAt`. */
  readonly dtMs: readonly number[];
  readonly metric: readonly string[];
  readonly value: readonly number[];
  readonly extra: Record<string, unknown> | null;
}

/** Flattens readings in time order. A null reading says that the device could not read: no value, but a flag. */
export function normaliseTelemetry(uplink: Uplink<'telemetry'>, producedAt: Date, receivedAt: Date): NormalTelemetry {
  const { flags, correctedAt } = judgeClock(producedAt, receivedAt);
  const dtMs: number[] = [];
  const metric: string[] = [];
  const value: number[] = [];
  let gaps = 0;
  const ordered = uplink.readings.toSorted((a, b) => (a.dtMs ?? 0) - (b.dtMs ?? 0));
  for (const { dtMs: offset = 0, values } of ordered) {
    for (const [key, reading] of Object.entries(values)) {
      if (reading === null) {
        gaps++;
        continue;
      }
      dtMs.push(offset);
      metric.push(key);
      value.push(reading);
    }
  }
  return {
    seqNo: uplink.seqNo,
    producedAt,
    correctedAt,
    flags: gaps > 0 ? flags | messageFlags.nullReading : flags,
    schemaVersion: uplink.schemaVersion,
    dtMs,
    metric,
    value,
    extra: uplink.extra ?? null,
  };
}
