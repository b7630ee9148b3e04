/** One measured point. `value` is null when the device answered but the answer is not a number one may use. */
export interface Point {
  metric: string;
  value: number | null;
  /** Set when a 64-bit integer does not fit a double: the exact decimal digits. */
  exact?: string;
  unit?: string;
  quality?: Quality;
}

export type Quality = 'bad.nan' | 'bad.notImplemented' | 'bad.outOfRange';

/** Everything read at one place in one go; becomes one telemetry message. */
export interface Reading {
  /** 1 to 5 topic levels under the device, or null for the device itself. */
  place: string | null;
  asset: string | null;
  at: Date;
  points: Point[];
}

export interface SourceHealth {
  id: string;
  state: 'up' | 'degraded' | 'down';
  detail: string | null;
  counters: Record<string, number>;
}

/** Something that yields readings on its own schedule: meters behind a bus, the host itself, a simulation. */
export interface Source {
  readonly id: string;
  start(deliver: (reading: Reading) => void): void;
  stop(): Promise<void>;
  health(): SourceHealth[];
}
