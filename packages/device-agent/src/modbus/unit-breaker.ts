/**
 * Keeps one dead unit from eating the bus time of the living. Up, suspect after one failure, degraded after three; a
 * degraded unit is probed after 5 s, then twice as long each time up to 300 s, and is up again with its first answer.
 */
export type UnitState = 'up' | 'suspect' | 'degraded';

const DEGRADED_AFTER = 3;
const FIRST_PROBE_MS = 5_000;
const LAST_PROBE_MS = 300_000;

export class UnitBreaker {
  #failures = 0;
  #nextProbe = Number.NEGATIVE_INFINITY;
  #probeMs = FIRST_PROBE_MS;

  get state(): UnitState {
    if (this.#failures === 0) return 'up';
    return this.#failures < DEGRADED_AFTER ? 'suspect' : 'degraded';
  }

  /** Whether a request may go out at this monotonic time, in milliseconds. */
  allows(now: number): boolean {
    return this.state !== 'degraded' || now >= this.#nextProbe;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probeMs = FIRST_PROBE_MS;
    this.#nextProbe = Number.NEGATIVE_INFINITY;
  }

  failed(now: number): void {
    this.#failures++;
    if (this.state !== 'degraded') return;
    this.#nextProbe = now + this.#probeMs;
    this.#probeMs = Math.min(this.#probeMs * 2, LAST_PROBE_MS);
  }

  /** A gateway said that it cannot reach the unit: no need to find out twice more. */
  degrade(now: number): void {
    this.#failures = Math.max(this.#failures, DEGRADED_AFTER - 1);
    this.failed(now);
  }
}
