import type { Clock } from '@muster/runtime/clock/clock';
import { networkOf } from './network-of.js';
import { Refusal } from './refusal.js';
import { type Pace, TokenBucket } from './token-bucket.js';

export interface Paces {
  /** For each address, before anything is looked up for it. */
  readonly address: Pace;
  /** For each caller who proved who they are: a person, an API key, a device. */
  readonly caller: Pace;
  /** For requests of each device that carry uplinks, beside what its messages are charged; the caller's when left out. */
  readonly uplink?: Pace;
}

/**
 * Generous on purpose: these stop loops and floods, not work. A person with a busy console asks some times a second, a
 * script that pages through a fleet some dozens.
 */
export const peoplePaces: Paces = {
  address: { capacity: 3_000, perMinute: 30_000 },
  caller: { capacity: 1_500, perMinute: 9_000 },
};

/** A whole site may come from one address after a power cut; one device asks for little, and resumes its downloads. */
export const devicePaces: Paces = {
  address: { capacity: 20_000, perMinute: 60_000 },
  caller: { capacity: 120, perMinute: 120 },
  uplink: { capacity: 1_200, perMinute: 6_000 },
};

/** How much one address and one caller may ask of a door of this process. */
export class RateLimits {
  readonly #addresses: TokenBucket;
  readonly #callers: TokenBucket;
  readonly #uplinks: TokenBucket;

  constructor(clock: Clock, paces: Paces) {
    this.#addresses = new TokenBucket(clock, paces.address);
    this.#callers = new TokenBucket(clock, paces.caller);
    this.#uplinks = new TokenBucket(clock, paces.uplink ?? paces.caller);
  }

  /** @throws Refusal rate_limited */
  chargeAddress(address: string): void {
    const network = networkOf(address);
    if (!this.#addresses.take(network))
      throw Refusal.tooMany('requests from this address', this.#addresses.secondsToNext(network));
  }

  /** @throws Refusal rate_limited */
  chargeCaller(id: string): void {
    if (!this.#callers.take(id)) throw Refusal.tooMany('requests of this caller', this.#callers.secondsToNext(id));
  }

  /** @throws Refusal rate_limited */
  chargeUplink(deviceId: string): void {
    if (!this.#uplinks.take(deviceId))
      throw Refusal.tooMany('requests of this device', this.#uplinks.secondsToNext(deviceId));
  }
}
