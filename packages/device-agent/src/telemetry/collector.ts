import type { Clock } from '../ports/clock.js';
import type { Reading } from '../ports/source.js';

/** The body of one telemetry message: readings of one place, times as offsets in ms from `producedAt`. */
export interface TelemetryBody {
  readings: { dtMs?: number; values: Record<string, number | null> }[];
  asset?: string;
  extra?: Record<string, unknown>;
}

export type Send = (body: TelemetryBody, place: string | null, producedAt: Date) => Promise<unknown>;

/** The contract takes 256 readings a message; fewer keep a message well below the size limit with wide register maps. */
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
    readings: readings.map((reading) => ({
      // A clock step between two readings must not make the message malformed.
      dtMs: Math.max(-MAX_DT_MS, Math.min(MAX_DT_MS, reading.at.getTime() - last.at.getTime())),
      values: Object.fromEntries(reading.points.map((point) => [point.metric, point.value])),
    })),
    ...(last.asset !== null && { asset: last.asset }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
