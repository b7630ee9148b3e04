import type { ModbusSource } from '@muster/contracts/configs/configs.schema';
import { buildModbusSources } from './modbus/build-sources.js';
import type { Clock } from './ports/clock.js';
import type { Reading, Source, SourceHealth } from './ports/source.js';
import type { Sampler } from './telemetry/system-metrics.js';

/** Everything that yields readings: what the device samples of itself, and the meters its configuration names. */
export class SourceSet {
  #meters: Source[] = [];
  #built = '[]';
  #cancel: (() => void) | null = null;
  #running = false;

  constructor(
    private readonly clock: Clock,
    private readonly sample: Sampler,
    private readonly deliver: (reading: Reading) => void,
    private intervalS: number,
  ) {}

  start(): void {
    this.#running = true;
    for (const meter of this.#meters) meter.start(this.deliver);
    this.#tick();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#cancel?.();
    await Promise.all(this.#meters.map((meter) => meter.stop()));
  }

  set telemetryS(seconds: number) {
    if (seconds === this.intervalS) return;
    this.intervalS = seconds;
    this.#cancel?.();
    if (this.#running) this.#tick();
  }

  /** Replaces the meters, all or none. Says what is wrong, or null. */
  async setMeters(configs: readonly ModbusSource[]): Promise<string | null> {
    const wanted = JSON.stringify(configs);
    // An unchanged map keeps its connections and what it learned about its units.
    if (wanted === this.#built) return null;
    const built = buildModbusSources(configs, this.clock);
    if (!built.ok) return built.faults.join('; ');
    const old = this.#meters;
    this.#meters = built.sources;
    this.#built = wanted;
    // Many meters accept one connection only: the old one must be gone before the new one knocks.
    await Promise.all(old.map((meter) => meter.stop()));
    if (this.#running) for (const meter of this.#meters) meter.start(this.deliver);
    return null;
  }

  health(): SourceHealth[] {
    return this.#meters.flatMap((meter) => meter.health());
  }

  up(): string[] {
    return this.health()
      .filter(({ state }) => state === 'up')
      .map(({ id }) => id);
  }

  #tick(): void {
    if (!this.#running) return;
    this.#cancel = this.clock.after(this.intervalS * 1000, () => this.#tick());
    this.sample().then(
      (readings) => this.#running && readings.forEach(this.deliver),
      () => undefined,
    );
  }
}
