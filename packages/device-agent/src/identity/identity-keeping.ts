import type { TrustOrder } from '@muster/contracts/mqtt/downlink';
import type { Numbering } from '../link/numbering.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Net } from '../ports/net.js';
import type { Random } from '../ports/random.js';
import type { IdentityStore } from './identity-store.js';
import { KnownTime } from './known-time.js';
import { Renewal } from './renewal.js';
import { TrustBundles } from './trust-bundles.js';
import { TrustOrders } from './trust-orders.js';

export interface IdentityPorts {
  clock: Clock;
  net: Net;
  log: Log;
  random: Random;
}

export interface IdentityLink {
  numbering: Numbering;
  publish: (payload: string) => Promise<boolean>;
  reconnect: (reason: string) => void;
}

/** What keeps a device's identity good: renewal, whom it believes, and what time it is for both. */
export class IdentityKeeping {
  readonly time: KnownTime;
  readonly renewal: Renewal;
  readonly #orders: TrustOrders;

  constructor(
    { clock, net, log, random }: IdentityPorts,
    private readonly store: IdentityStore,
    link: IdentityLink,
  ) {
    const { numbering, publish, reconnect } = link;
    this.time = new KnownTime(clock, store.identity.serverTime);
    const bundleSeen = (jws: string) => void this.#orders.seen(jws);
    this.renewal = new Renewal({ clock, net, log, random, time: this.time, reconnect, bundleSeen }, store);
    const windowMoved = () => this.renewal.windowMoved();
    const bundles = new TrustBundles({ clock, net, log }, store);
    this.#orders = new TrustOrders({ clock, log, numbering, publish, windowMoved }, store, bundles);
  }

  obey(order: TrustOrder): Promise<void> {
    return this.#orders.obey(order);
  }

  /** The server acknowledged something: a renewed certificate may have proved itself by that. */
  async acknowledged(): Promise<void> {
    if (await this.store.proven()) this.renewal.windowMoved();
  }

  stop(): void {
    this.renewal.stop();
    this.#orders.stop();
  }
}
