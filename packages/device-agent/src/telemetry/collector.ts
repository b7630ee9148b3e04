import { MAX_VALUES } from '@muster/contracts/mqtt/uplink';
import type { Clock } from '../ports/clock.js';
import type { Reading } from '../ports/source.js';

type Value = number | null;

/**
 * The body of one telemetry message: readings of one place, times as offsets in ms from `producedAt`. Readings of the same
 * metrics that follow one another are one block: a list of times and a list of values of each metric.
 */
export interface TelemetryBody {
  readings: ({ dtMs: number; values: Record<string, Value> } | { dtMs: number[]; values: Record<string, Value[]> })[];
  asset?: string;
  extra?: Record<string, unknown>;
}

export type Send = (body: TelemetryBody, place: string | null, producedAt: Date) => Promise<unknown>;

/** The contract takes 256 readings a message; fewer keep a message below the size limit with wide register maps. */
const MAX_READINGS = 64;
const MAX_DT_MS = 3_600_000;

/**
 * Puts readings of one place into one message. A reading waits for company no longer than `lingerMs`; that is also how
 * much live telemetry a power cut can cost.
 */
export class Collector {
  readonly #waiting = new Map<string, Reading[]>();
  #cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly lingerMs: number,
    private readonly send: Send,
  ) {}

  take(reading: Reading): void {
    const key = reading.place ?? '';
    const values = this.#waiting.get(key)?.reduce((sum, { points }) => sum + points.length, 0) ?? 0;
    if (values + reading.points.length > MAX_VALUES) void this.#flushPlace(key);
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, waiting);
    waiting.push(reading);
    if (waiting.length >= MAX_READINGS) void this.#flushPlace(key);
    else this.#cancel ??= this.clock.after(this.lingerMs, () => void this.flush());
  }

  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await Promise.all([...this.#waiting.keys()].map((key) => this.#flushPlace(key)));
  }

  async #flushPlace(key: string): Promise<void> {
    const readings = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    const last = readings.at(-1);
    if (!last) return;
    await this.send(bodyOf(readings, last), last.place, last.at);
  }
}

function bodyOf(readings: readonly Reading[], last: Reading): TelemetryBody {
  const quality: Record<string, string> = {};
  const exact: Record<string, string> = {};
  for (const point of last.points) {
    if (point.quality) quality[point.metric] = point.quality;
    if (point.exact !== undefined) exact[point.metric] = point.exact;
  }
  const extra = {
    ...(Object.keys(quality).length > 0 && { quality }),
    ...(Object.keys(exact).length > 0 && { exact }),
  };
  return {
    readings: runsOf(readings).map((run) => blockOf(run, last.at)),
    ...(last.asset !== null && { asset: last.asset }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

const keysOf = ({ points }: Reading): string => points.map(({ metric }) => metric).join(' ');

/** Readings that follow one another and name the same metrics, together. */
function runsOf(readings: readonly Reading[]): Reading[][] {
  const runs: Reading[][] = [];
  let keys: string | null = null;
  for (const reading of readings) {
    const own = keysOf(reading);
    if (own === keys) runs.at(-1)!.push(reading);
    else runs.push([reading]);
    keys = own;
  }
  return runs;
}

function blockOf(run: readonly Reading[], at: Date): TelemetryBody['readings'][number] {
  // A clock step between two readings must not make the message malformed.
  const dtMs = run.map((one) => Math.max(-MAX_DT_MS, Math.min(MAX_DT_MS, one.at.getTime() - at.getTime())));
  const [first] = run;
  if (run.length === 1)
    return { dtMs: dtMs[0]!, values: Object.fromEntries(first!.points.map(({ metric, value }) => [metric, value])) };
  return {
    dtMs,
    values: Object.fromEntries(first!.points.map(({ metric }, i) => [metric, run.map((one) => one.points[i]!.value)])),
  };
}
