import { randomInt } from 'node:crypto';
import { Refusal } from '../http/refusal.js';

/** More at once only wait for each other: a signature and a transaction each, on some database connections. */
const AT_ONCE = 100;

/** Lets so many in at once and sends the rest away with a time of their own to come again, spread over half a minute. */
export class Turnstile {
  #inside = 0;

  constructor(
    private readonly what: string,
    private readonly atOnce = AT_ONCE,
  ) {}

  /** @throws Refusal unavailable with Retry-After */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.atOnce) {
      const retryAfterS = randomInt(5, 35);
      const headers = { 'retry-after': String(retryAfterS) };
      throw new Refusal('unavailable', `Too many ${this.what} at once.`, { retryAfterS }, undefined, headers);
    }
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
    }
  }
}
