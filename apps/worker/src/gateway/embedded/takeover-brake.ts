import type { Duplex } from 'node:stream';
import type { Clock } from '@muster/runtime/clock/clock';

/** Sessions of one identity that may take each other's place before it has to wait, and how fast that is forgotten. */
const FREE = 6;
const FORGET_MS = 120_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Identities remembered: only those whose sessions are taken over. */
const MOST = 10_000;

/** How long a CONNECT that would go on with a takeover loop is left without an answer. */
const HELD_UP_MS = 3_000;

interface Loop {
  readonly count: number;
  readonly lastAt: number;
  readonly waitUntil: number;
}

/**
 * Two processes under one client id take the session from each other for ever (MQTT 3.1.1 3.1.4-2), as fast as they connect
 * again. After a few times the one that stands is left alone for a while that doubles each time, up to a minute. One device
 * that comes back before the broker noticed that it had gone does so a few times at most.
 */
export class TakeoverBrake {
  readonly #loops = new Map<string, Loop>();

  constructor(private readonly clock: Clock) {}

  /** Whether a session that stands may be taken over now. */
  allows(deviceId: string): boolean {
    const loop = this.#loops.get(deviceId);
    return loop === undefined || this.clock.monotonic() >= loop.waitUntil;
  }

  /** A session took the place of one that stood. */
  took(deviceId: string): void {
    const now = this.clock.monotonic();
    const known = this.#loops.get(deviceId);
    const count = known !== undefined && now - known.lastAt < FORGET_MS ? known.count + 1 : 1;
    const over = count - FREE;
    const waitMs = over < 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(over, 10));
    this.#loops.delete(deviceId);
    this.#loops.set(deviceId, { count, lastAt: now, waitUntil: now + waitMs });
    if (this.#loops.size > MOST) this.#loops.delete(this.#loops.keys().next().value!);
  }
}

/** Resolves after a while, or when the connection is gone. */
export const holdUp = (connection: Duplex): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, HELD_UP_MS).unref();
    connection.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
