import type { TrustOrder } from '@muster/contracts/mqtt/downlink';
import { fingerprintOf } from '@muster/pki/client/device-key';
import type { Numbering } from '../link/numbering.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { IdentityStore } from './identity-store.js';

export interface TrustPorts {
  clock: Clock;
  log: Log;
  numbering: Numbering;
  publish: (payload: string) => Promise<boolean>;
  /** The server named another time to renew. */
  windowMoved: () => void;
}

/**
 * Obeys what the server says about renewal. Keys are another matter: the order is not signed, so a broker could name its
 * own. A device takes signing keys only with its certificate, over HTTPS verified against its root; here it merely notices
 * that it does not know one.
 */
export class TrustOrders {
  constructor(
    private readonly ports: TrustPorts,
    private readonly store: IdentityStore,
  ) {}

  async obey({ bundle, keys = [], renew }: TrustOrder): Promise<void> {
    const { identity } = this.store;
    if (bundle < identity.trustBundle) return;
    const known = new Set(identity.trust.map(({ kid }) => kid));
    const strangers = keys.filter(({ kid }) => !known.has(kid));
    if (strangers.length > 0) this.ports.log.warn('signing keys unknown here; they come with the next certificate');
    await this.store.amend({ ...(strangers.length === 0 && { trustBundle: bundle }), ...(renew && { renew }) });
    if (renew) this.ports.windowMoved();
    await this.#report();
  }

  async #report(): Promise<void> {
    const { clock, numbering, publish } = this.ports;
    const { deviceId, trustBundle, certificate } = this.store.identity;
    const seqNo = await numbering.next();
    const { epoch } = numbering;
    await publish(
      JSON.stringify({
        msgId: `trust.${epoch}.${seqNo}`,
        deviceId,
        seqNo,
        producedAt: clock.now().toISOString(),
        schemaVersion: 1,
        stream: 'trust',
        epoch,
        bundle: trustBundle,
        fingerprint: fingerprintOf(certificate),
      }),
    );
  }
}
