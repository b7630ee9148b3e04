// What the benchmark and its child processes say to each other. Types only: the children run from source, and Node
// strips types but does not find other files of ours.

export interface BenchDevice {
  readonly deviceId: string;
  readonly tenant: string;
  readonly key: string;
  readonly certificate: string;
  readonly root: string;
}

/** One run of the load generator. */
export interface LoadOrder {
  readonly port: number;
  readonly devices: readonly BenchDevice[];
  /** Messages of one connection without a PUBACK, at most. */
  readonly inFlight: number;
  readonly messagesEach: number;
  readonly readings: number;
  readonly firstSeq: number;
  /** Whether application acknowledgements are part of the run. */
  readonly acknowledged: boolean;
  /** Messages per second of all devices together; null for as fast as they are taken. */
  readonly pace: number | null;
  /** Packets are made when they are due: for runs whose packets together would not fit into memory. */
  readonly lazy?: boolean;
  /** One of so many messages is poison, never the last one: its values are no numbers. */
  readonly poisonEach?: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Times are ms; `startedAt` is on the clock of `performance.timeOrigin + performance.now()`. */
export interface LoadResult {
  readonly startedAt: number;
  readonly puback: Percentiles;
  readonly acknowledgement: Percentiles | null;
  /** Messages named by an application acknowledgement, and how often one was named again. */
  readonly acknowledged: number;
  readonly acknowledgedAgain: number;
  readonly refused: number;
  /** Messages sent that were poison. */
  readonly poison: number;
}

export type ToLoad = { readonly prepare: LoadOrder } | { readonly go: true };
export type FromLoad =
  | { readonly ready: { readonly lastProducedAt: string } }
  | { readonly published: true }
  | { readonly done: LoadResult }
  | { readonly failed: string };

/** What a pipeline without product code needs. Without `mqttPort` it brings a broker of its own. */
export interface PlainOrder {
  readonly mode: 'bare' | 'naive';
  readonly tlsFolder: string;
  readonly databaseUrl: string;
  readonly mqttPort: number | null;
  readonly deviceKeys: Readonly<Record<string, number>>;
}
