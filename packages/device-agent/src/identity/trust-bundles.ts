import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Net } from '../ports/net.js';
import { bundlesAfter } from './device-api.js';
import type { IdentityStore } from './identity-store.js';
import { judgeBundle, trustOf } from './read-bundle.js';

export interface BundlePorts {
  clock: Clock;
  net: Net;
  log: Log;
}

/** `fault` is why the bundle is not believed: a DocumentFault, or `replayed` for a number that is over. */
export type BundleOutcome =
  | { kind: 'applied'; number: number }
  | { kind: 'kept' }
  | { kind: 'refused'; fault: string }
  | { kind: 'unreachable' };

const FETCH_LEAST_MS = 60_000;
const MOST_PAGES = 100;

/**
 * Whom to believe, from bundle to bundle: each is signed by a key that the one before it named, so a device that slept over
 * several takes them in order. A bundle that is not believed changes nothing.
 */
export class TrustBundles {
  #tail: Promise<unknown> = Promise.resolve();
  #fetchedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly ports: BundlePorts,
    private readonly store: IdentityStore,
  ) {}

  /** A bundle the server, or who speaks in its place, says is in force. `number` is what it says of it. */
  offered(jws: string, number?: number): Promise<BundleOutcome> {
    const turn = this.#tail.then(() => this.#consider(jws, number));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #consider(jws: string, number: number | undefined): Promise<BundleOutcome> {
    const { identity } = this.store;
    const { trustBundle, trustSigned = false } = identity;
    // A number that was merely told, to an agent that knew no bundles yet, is of one that is still to be seen.
    const known = number === trustBundle && !trustSigned ? trustBundle - 1 : trustBundle;
    if (number === known) return { kind: 'kept' };
    const judged = await judgeBundle(jws, { ...identity, trustBundle: known }, identity.tenant);
    if (judged.ok && judged.claims.number === known + 1) return this.#apply(judged.claims);
    const fault = judged.ok ? null : judged.fault;
    if (fault === 'expired') {
      // Signed by a key we believe, and not newer: what is in force already, or something old played back.
      if (number === undefined || number > known) return { kind: 'kept' };
      return this.#refuse('replayed');
    }
    if (fault !== null && fault !== 'key_unknown') return this.#refuse(fault);
    // Bundles lie between. Only the device API has them, and who sent this cannot make us ask it all day.
    const { clock } = this.ports;
    if (clock.monotonic() - this.#fetchedAt < FETCH_LEAST_MS) return fault ? this.#refuse(fault) : { kind: 'kept' };
    this.#fetchedAt = clock.monotonic();
    return this.#catchUp(fault);
  }

  async #catchUp(fault: string | null): Promise<BundleOutcome> {
    const { net, log } = this.ports;
    const before = this.store.identity.trustBundle;
    for (let page = 0; page < MOST_PAGES; page++) {
      let bundles: string[];
      try {
        bundles = await bundlesAfter(net, this.store.identity, this.store.identity.trustBundle);
      } catch (error) {
        log.warn('could not fetch trust bundles', { reason: (error as Error).message });
        return this.#since(before) ?? { kind: 'unreachable' };
      }
      for (const jws of bundles) {
        const judged = await judgeBundle(jws, this.store.identity, this.store.identity.tenant);
        if (!judged.ok) return this.#refuse(judged.fault);
        await this.#apply(judged.claims);
      }
      if (bundles.length === 0) return this.#since(before) ?? (fault ? this.#refuse(fault) : { kind: 'kept' });
    }
    return this.#since(before) ?? { kind: 'kept' };
  }

  #since(before: number): BundleOutcome | null {
    const { trustBundle } = this.store.identity;
    return trustBundle === before ? null : { kind: 'applied', number: trustBundle };
  }

  /** Roots, keys and number in one replaced file. */
  async #apply(bundle: Parameters<typeof trustOf>[0]): Promise<BundleOutcome> {
    await this.store.amend(trustOf(bundle));
    this.ports.log.info('trust bundle applied', { number: bundle.number });
    return { kind: 'applied', number: bundle.number };
  }

  #refuse(fault: string): BundleOutcome {
    this.ports.log.warn('trust bundle refused', { fault });
    return { kind: 'refused', fault };
  }
}
