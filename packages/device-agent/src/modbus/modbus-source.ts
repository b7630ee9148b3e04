import type { Clock } from '../ports/clock.js';
import type { Reading, Source, SourceHealth } from '../ports/source.js';
import type { Bus } from './tcp-bus.js';
import type { ReaderPoint, UnitReader } from './unit-reader.js';

export interface MeterOptions {
  id: string;
  place: string;
  asset: string | null;
  pollMs: number;
  points: readonly ReaderPoint[];
}

/** Polls one unit on a bus. A poll that is still running when the next is due is not stacked: the next one is skipped. */
export class ModbusSource implements Source {
  #cancel: (() => void) | null = null;
  #running = false;
  #busy = false;
  #overruns = 0;
  #lastFault: string | null = null;

  constructor(
    private readonly options: MeterOptions,
    private readonly bus: Bus,
    private readonly reader: UnitReader,
    private readonly clock: Clock,
  ) {}

  get id(): string {
    return this.options.id;
  }

  start(deliver: (reading: Reading) => void): void {
    this.#running = true;
    this.#tick(this.clock.monotonic(), deliver);
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel?.();
    await this.bus.close();
  }

  health(): SourceHealth[] {
    const state = this.reader.breaker.state === 'degraded' ? 'down' : this.#lastFault === null ? 'up' : 'degraded';
    return [
      { id: this.id, state, detail: this.#lastFault, counters: { ...this.bus.counters, overruns: this.#overruns } },
    ];
  }

  /** The next poll is measured from the plan, not from now: the period does not drift by the time a read takes. */
  #tick(planned: number, deliver: (reading: Reading) => void): void {
    if (!this.#running) return;
    const now = this.clock.monotonic();
    const next = Math.max(planned + this.options.pollMs, now);
    this.#cancel = this.clock.after(next - now, () => this.#tick(next, deliver));
    if (this.#busy) {
      this.#overruns++;
      return;
    }
    this.#busy = true;
    this.#poll(deliver).finally(() => {
      this.#busy = false;
    });
  }

  async #poll(deliver: (reading: Reading) => void): Promise<void> {
    const { values, faults } = await this.reader.read(this.options.points);
    this.#lastFault = faults[0] ?? null;
    if (!this.#running || values.length === 0) return;
    deliver({
      place: this.options.place,
      asset: this.options.asset,
      at: this.clock.now(),
      points: values.map(({ point, decoded }) => ({
        metric: point.key,
        ...decoded,
        ...(point.unit !== undefined && { unit: point.unit }),
      })),
    });
  }
}
