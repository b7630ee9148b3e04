import type { Clock } from '../ports/clock.js';

/**
 * What time it is, as far as anybody reliable said: a server over verified TLS. Our own clock may stand at 1970 or ten years
 * ahead; it is believed while nobody said better, and never below the latest a server ever told.
 */
export class KnownTime {
  #heard: { at: number; monotonic: number } | null = null;

  constructor(
    private readonly clock: Clock,
    /** The latest a server told before this run, RFC 3339. */
    private readonly floor: string | undefined,
  ) {}

  heard(date: Date): void {
    this.#heard = { at: date.getTime(), monotonic: this.clock.monotonic() };
  }

  now(): Date {
    return this.#told() ?? new Date(Math.max(this.clock.now().getTime(), this.#floorMs));
  }

  /** For judging when something ends: null while the clock is known to be wrong and no server has been heard. */
  forJudging(): Date | null {
    return this.#told() ?? (this.clockIsBehind ? null : this.clock.now());
  }

  get clockIsBehind(): boolean {
    return this.clock.now().getTime() < this.#floorMs;
  }

  get #floorMs(): number {
    const ms = Date.parse(this.floor ?? '');
    return Number.isNaN(ms) ? 0 : ms;
  }

  #told(): Date | null {
    return this.#heard && new Date(this.#heard.at + this.clock.monotonic() - this.#heard.monotonic);
  }
}
