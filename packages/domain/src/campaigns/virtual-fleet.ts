import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';

/** How a device comes and goes: the share of time it is there, and how long it is away when it is not, in seconds. */
export interface PresencePattern {
  readonly share: number;
  readonly absenceS: number;
}

export interface RehearsedDevice {
  readonly deviceId: string;
  readonly model: string;
  readonly site: string | null;
  readonly version: string | null;
  readonly timezone: string;
  /** From its own history; null when it has none. */
  readonly presence: PresencePattern | null;
}

export interface InstallTimes {
  readonly p50S: number;
  readonly p90S: number;
}

/** A number from 0 (included) to 1 that depends on the seed, the device and the purpose alone (a 32-bit integer mix, murmur3's). */
export function chanceOf(seed: number, device: number, purpose: number): number {
  let h =
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(device + 1, 0xc2b2ae35) ^ Math.imul(purpose + 1, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

// The 90th percentile of the standard normal distribution.
const Z90 = 1.2815515655446004;

/** Inverse of the standard normal distribution (Acklam's rational approximation, relative error below 1.2e-9, middle part and tails). */
export function normalQuantile(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const poly = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, k) => sum * x + k, 0);
  if (p < 0.02425 || p > 1 - 0.02425) {
    const q = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
    const tail = poly(c, q) / (poly(d, q) * q + 1);
    return p < 0.5 ? tail : -tail;
  }
  const q = p - 0.5;
  const r = q * q;
  return (poly(a, r) * q) / (poly(b, r) * r + 1);
}

const FAILS = 0;
const INSTALL = 1;
const FIRST = 2;
const LATER = 3;

/** Devices in the order of their positions, as columns, since there may be a million of them. */
export class VirtualFleet {
  readonly state: ExecutionState[];
  readonly wave: Uint16Array;
  readonly since: Float64Array;
  readonly stepDeadline: Float64Array;
  readonly deadline: Float64Array;
  readonly soakUntil: Float64Array;
  readonly provisional: Uint8Array;
  /** Runs the new release. */
  readonly updated: Uint8Array;
  readonly ids: string[];
  readonly #online: Uint8Array;
  /** When it next comes or goes; a device is only looked at when something asks, so this is moved on lazily. */
  readonly #toggle: Float64Array;
  readonly #turn: Uint16Array;

  constructor(
    readonly devices: readonly RehearsedDevice[],
    private readonly setup: {
      seed: number;
      failureRate: number;
      install: InstallTimes;
      startMs: number;
      usual: PresencePattern;
    },
  ) {
    const n = devices.length;
    this.state = new Array<ExecutionState>(n).fill('queued');
    this.wave = new Uint16Array(n);
    this.since = new Float64Array(n).fill(setup.startMs);
    this.stepDeadline = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.deadline = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.soakUntil = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    this.provisional = new Uint8Array(n);
    this.updated = new Uint8Array(n);
    this.#online = new Uint8Array(n);
    this.#toggle = new Float64Array(n);
    this.#turn = new Uint16Array(n);
    this.ids = devices.map((_, i) => `e${i}`);
    for (let i = 0; i < n; i++) {
      this.#online[i] = this.#chance(i, FIRST) < this.#presence(i).share ? 1 : 0;
      this.#toggle[i] = setup.startMs + this.#staysMs(i);
    }
  }

  indexOf = (executionId: string): number => Number(executionId.slice(1));

  fails = (i: number): boolean => this.#chance(i, FAILS) < this.setup.failureRate;

  isOnline(i: number, nowMs: number): boolean {
    while (this.#toggle[i]! <= nowMs) {
      this.#online[i] = 1 - this.#online[i]!;
      this.#turn[i] = this.#turn[i]! + 1;
      this.#toggle[i] = this.#toggle[i]! + this.#staysMs(i);
    }
    return this.#online[i] === 1;
  }

  /** When the device comes back, or goes next; ask `isOnline` for the same moment first. */
  changesAt = (i: number): number => this.#toggle[i]!;

  /** From yes to the confirmed boot, in milliseconds: log-normal through the two percentiles. */
  installMs(i: number): number {
    const { p50S, p90S } = this.setup.install;
    const sigma = Math.log(Math.max(p90S / p50S, 1.0001)) / Z90;
    const u = Math.min(Math.max(this.#chance(i, INSTALL), 1e-6), 1 - 1e-6);
    return Math.round(p50S * Math.exp(sigma * normalQuantile(u)) * 1000);
  }

  #presence = (i: number): PresencePattern => this.devices[i]!.presence ?? this.setup.usual;

  /** Exponential stays: an absence lasts its mean on average, a presence so long that the share comes out. */
  #staysMs(i: number): number {
    const { share, absenceS } = this.#presence(i);
    if (share >= 1) return Number.POSITIVE_INFINITY;
    const mean = this.#online[i] === 1 ? (absenceS * share) / (1 - share) : absenceS;
    const u = this.#chance(i, LATER + this.#turn[i]!);
    return Math.max(1000, Math.round(-Math.log(1 - u) * mean * 1000));
  }

  #chance = (i: number, purpose: number): number => chanceOf(this.setup.seed, i, purpose);
}
