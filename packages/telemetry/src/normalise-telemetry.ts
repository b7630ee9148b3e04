import type { Telemetry } from '@muster/contracts/mqtt/uplink';
import { LARGEST_READING, messageFlags, qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { type ClockAnchor, judgeClock } from './judge-clock.js';

/** The readings of one message as parallel arrays in time order, the shape they are stored in. */
export interface NormalTelemetry {
  readonly seqNo: number;
  readonly producedAt: Date;
  readonly correctedAt: Date | null;
  readonly flags: number;
  readonly schemaVersion: number;
  /** The metrics of the message, each once. */
  readonly keys: readonly string[];
  /** For each value, which of `keys` it is of. */
  readonly slot: readonly number[];
  /** Offset of each value from `producedAt`. */
  readonly dtMs: readonly number[];
  /** NaN where there is none. */
  readonly value: readonly number[];
  /** `qualityFlags` that the message alone tells, of each value; null where all are fine. */
  readonly quality: readonly number[] | null;
  /** Whether two readings are of the same time, so that a metric may be there twice. */
  readonly repeats: boolean;
  readonly extra: Record<string, unknown> | null;
}

type Reading = Telemetry['readings'][number];

/**
 * Flattens readings in time order. A null reading says that the device could not read, NaN and infinities are what a binary
 * payload may carry instead: such a value is kept as NaN and flagged. The blocks of `uplink` must be well formed.
 */
export function normaliseTelemetry(
  uplink: Telemetry,
  producedAt: Date,
  receivedAt: Date,
  anchor: ClockAnchor | null = null,
): NormalTelemetry {
  const columns = new Columns();
  for (let i = 0; i < uplink.readings.length; i++) columns.take(uplink.readings[i]!);
  if (!columns.sorted) columns.sort();
  const { flags, correctedAt } = judgeClock(producedAt, receivedAt, anchor);
  const { keys, slot, dtMs, value, quality, missing, repeats } = columns;
  return {
    seqNo: uplink.seqNo,
    producedAt,
    correctedAt,
    flags: missing ? flags | messageFlags.nullReading : flags,
    schemaVersion: uplink.schemaVersion,
    keys,
    slot,
    dtMs,
    value,
    quality,
    repeats,
    extra: uplink.extra ?? null,
  };
}

const faultOf = (value: number | null): number => {
  if (value === null) return qualityFlags.missing;
  return Number.isFinite(value) ? qualityFlags.outOfRange : qualityFlags.notFinite;
};

const FEW = 24;

class Columns {
  readonly keys: string[] = [];
  slot: number[] = [];
  dtMs: number[] = [];
  value: number[] = [];
  quality: number[] | null = null;
  missing = false;
  repeats = false;
  sorted = true;
  #last = Number.NEGATIVE_INFINITY;
  /** By name, where a look through the list would take longer. */
  #many: Map<string, number> | null = null;

  take({ dtMs, values }: Reading): void {
    if (typeof dtMs === 'number') this.#takeOne(dtMs, values as Record<string, number | null>);
    else this.#takeBlock(dtMs, values as Record<string, (number | null)[]>);
  }

  #takeOne(dtMs: number, values: Record<string, number | null>): void {
    this.#follow(dtMs);
    let place = 0;
    for (const key in values) this.#push(this.#slotOf(key, place++), dtMs, values[key]!);
  }

  #takeBlock(dtMs: readonly number[], values: Record<string, (number | null)[]>): void {
    const slots: number[] = [];
    const columns: (number | null)[][] = [];
    for (const key in values) {
      slots.push(this.#slotOf(key, slots.length));
      columns.push(values[key]!);
    }
    for (let i = 0; i < dtMs.length; i++) {
      this.#follow(dtMs[i]!);
      for (let j = 0; j < columns.length; j++) this.#push(slots[j]!, dtMs[i]!, columns[j]![i]!);
    }
  }

  #follow(dtMs: number): void {
    if (dtMs < this.#last) this.sorted = false;
    else if (dtMs === this.#last) this.repeats = true;
    this.#last = dtMs;
  }

  /** Readings of one message mostly name the same metrics in the same order. */
  #slotOf(key: string, place: number): number {
    if (this.keys[place] === key) return place;
    const known = this.#many === null ? this.keys.indexOf(key) : (this.#many.get(key) ?? -1);
    if (known >= 0) return known;
    const slot = this.keys.push(key) - 1;
    if (slot === FEW) this.#many = new Map(this.keys.map((one, i) => [one, i]));
    else this.#many?.set(key, slot);
    return slot;
  }

  #push(slot: number, dtMs: number, value: number | null): void {
    this.slot.push(slot);
    this.dtMs.push(dtMs);
    if (value !== null && value >= -LARGEST_READING && value <= LARGEST_READING) {
      this.value.push(value);
      this.quality?.push(0);
      return;
    }
    this.quality ??= new Array<number>(this.value.length).fill(0);
    this.value.push(value !== null && Number.isFinite(value) ? value : Number.NaN);
    this.quality.push(faultOf(value));
    if (value === null) this.missing = true;
  }

  /** Rare: devices send what they read in the order they read it. Readings of the same time stay in their order. */
  sort(): void {
    const { slot, dtMs, value, quality } = this;
    const order = dtMs.map((_, i) => i).sort((a, b) => dtMs[a]! - dtMs[b]!);
    this.slot = order.map((i) => slot[i]!);
    this.dtMs = order.map((i) => dtMs[i]!);
    this.value = order.map((i) => value[i]!);
    this.quality = quality && order.map((i) => quality[i]!);
    // Readings of the same time may have been apart before.
    this.repeats = true;
  }
}
