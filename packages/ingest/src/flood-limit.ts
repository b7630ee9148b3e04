import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import { DeviceRegistry } from './device-registry.js';

/** How much one device may send in the long run, and at once after it was silent. */
export interface FloodPace {
  readonly perSecond: number;
  readonly burst: number;
}

/** Nest injection token of the process's FloodPace. */
export const FLOOD_PACE = Symbol('flood pace');

/** What a device that sends too much is told. */
export interface Hold {
  /** Wall-clock time in ms from which on it may send again. */
  readonly untilMs: number;
  /** True at most once a second for a device: telling it more often would cost more than what it sends. */
  readonly tell: boolean;
}

/** A device that sent too much a short while ago, as far as this process saw. */
export interface Flooding {
  readonly deviceId: string;
  /** Null until the registry knows it. */
  readonly deviceKey: number | null;
  readonly tenant: string | null;
  readonly since: Date;
  /** Messages held back since then. */
  readonly shed: number;
}

interface Flood {
  readonly since: Date;
  shed: number;
  lastAt: number;
  toldAt: number;
}

/** Who counts what is held back; called for every message, so it must cost nothing. */
export type OnShed = (deviceId: string) => void;

/** Devices that are kept in mind at once; those beyond are let in as if they had been silent. */
const MOST = 200_000;
const MOST_FLOODING = 10_000;
/** A pause shorter than this lets a device send a handful and be held again. */
const PAUSE_MS = 5_000;
const TELL_EVERY_MS = 1_000;
/** A flood is over when nothing was held back for this long. */
const OVER_MS = 60_000;

/**
 * How much each device may send: one token bucket a device, kept as the time at which it would be full again (GCRA), so a
 * message costs one look into a map. Heartbeats have a bucket of their own: whoever floods telemetry is still alive.
 * Nothing is lost by it: what is held back is not acknowledged, so its device keeps it.
 */
@Injectable()
export class FloodLimit {
  readonly #fullAt = { heartbeat: new Map<string, number>(), other: new Map<string, number>() };
  readonly #floods = new Map<string, Flood>();
  readonly #gapMs: number;
  readonly #burstMs: number;
  readonly #shed: Counter;
  readonly #listeners: OnShed[] = [];

  constructor(
    private readonly registry: DeviceRegistry,
    @Inject(FLOOD_PACE) pace: FloodPace,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) metrics: Registry,
  ) {
    this.#gapMs = 1_000 / pace.perSecond;
    this.#burstMs = pace.burst * this.#gapMs;
    const registers = [metrics];
    const help = 'Uplinks held back because their device sent too much; it keeps them and sends them again.';
    this.#shed = new Counter({ name: 'muster_uplinks_shed_total', help, registers });
    const flooding = () => this.floodingNow().length;
    new Gauge({
      name: 'muster_devices_flooding',
      help: 'Devices that sent too much within the last minute.',
      registers,
      collect() {
        this.set(flooding());
      },
    });
  }

  /** Takes one message of the device; null when it may pass. */
  admit(deviceId: string, channel: UplinkChannel): Hold | null {
    const buckets = channel === 'heartbeat' ? this.#fullAt.heartbeat : this.#fullAt.other;
    const now = this.clock.monotonic();
    const known = buckets.get(deviceId);
    const fullAt = known === undefined || known < now ? now : known;
    if (fullAt - now > this.#burstMs - this.#gapMs) return this.#hold(deviceId, fullAt, now);
    if (known === undefined && buckets.size >= MOST) makeRoom(buckets, now);
    buckets.set(deviceId, fullAt + this.#gapMs);
    return null;
  }

  /** Calls `listener` for every message that is held back. */
  onShed(listener: OnShed): void {
    this.#listeners.push(listener);
  }

  /** Devices that had something held back within the last minute, the one since longest first. */
  floodingNow(): Flooding[] {
    const now = this.clock.monotonic();
    for (const [deviceId, { lastAt }] of this.#floods) if (now - lastAt > OVER_MS) this.#floods.delete(deviceId);
    return [...this.#floods].map(([deviceId, { since, shed }]) => {
      const device = this.registry.recall(deviceId);
      return { deviceId, deviceKey: device?.deviceKey ?? null, tenant: device?.tenant ?? null, since, shed };
    });
  }

  #hold(deviceId: string, fullAt: number, now: number): Hold {
    this.#shed.inc();
    const flood = this.#floodOf(deviceId, now);
    flood.shed++;
    flood.lastAt = now;
    for (const listener of this.#listeners) listener(deviceId);
    const tell = now - flood.toldAt >= TELL_EVERY_MS;
    if (tell) flood.toldAt = now;
    const waitMs = Math.max(fullAt + this.#gapMs - this.#burstMs - now, Math.min(PAUSE_MS, this.#burstMs));
    return { untilMs: Math.ceil(this.clock.now().getTime() + waitMs), tell };
  }

  #floodOf(deviceId: string, now: number): Flood {
    const known = this.#floods.get(deviceId);
    if (known !== undefined && now - known.lastAt <= OVER_MS) return known;
    const flood = { since: this.clock.now(), shed: 0, lastAt: now, toldAt: Number.NEGATIVE_INFINITY };
    this.#floods.delete(deviceId);
    if (this.#floods.size >= MOST_FLOODING) this.#floods.delete(this.#floods.keys().next().value!);
    this.#floods.set(deviceId, flood);
    return flood;
  }
}

/** A full bucket is the same as none. When every device is in debt, the one that came first is forgiven. */
const makeRoom = (buckets: Map<string, number>, now: number): void => {
  for (const [deviceId, fullAt] of buckets) if (fullAt <= now) buckets.delete(deviceId);
  if (buckets.size >= MOST) buckets.delete(buckets.keys().next().value!);
};
