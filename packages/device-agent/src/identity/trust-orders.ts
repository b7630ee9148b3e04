import type { TrustOrder } from '@muster/contracts/mqtt/downlink';
import { fingerprintOf } from '@muster/pki/client/device-key';
import type { Numbering } from '../link/numbering.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { IdentityStore } from './identity-store.js';
import type { BundleOutcome, TrustBundles } from './trust-bundles.js';

export interface TrustPorts {
  clock: Clock;
  log: Log;
  numbering: Numbering;
  publish: (payload: string) => Promise<boolean>;
  /** The server named another time to renew. */
  windowMoved: () => void;
}

const FETCH_AGAIN_MS = 120_000;

/**
 * Obeys what the server says about renewal and trust, and reports which bundle is in force. The order itself is not signed,
 * so a broker could name keys of its own: whom to believe is taken from the signed bundle in it and nothing else.
 */
export class TrustOrders {
  #cancel = () => {};

  constructor(
    private readonly ports: TrustPorts,
    private readonly store: IdentityStore,
    private readonly bundles: TrustBundles,
  ) {}

  async obey({ bundle, keys = [], renew, jws }: TrustOrder): Promise<void> {
    if (jws !== undefined) {
      await this.#move(renew);
      return this.seen(jws, bundle);
    }
    const { trustBundle, trustSigned, trust } = this.store.identity;
    if (bundle < trustBundle) return;
    await this.#move(renew);
    const known = new Set(trust.map(({ kid }) => kid));
    const strangers = keys.filter(({ kid }) => !known.has(kid));
    if (strangers.length > 0) this.ports.log.warn('signing keys unknown here; they come with a signed bundle');
    else if (!trustSigned) await this.store.amend({ trustBundle: bundle });
    await this.#report({ kind: 'kept' });
  }

  /** A bundle somebody showed us, in an order or beside a certificate. */
  async seen(jws: string, number?: number): Promise<void> {
    const outcome = await this.bundles.offered(jws, number);
    this.#cancel();
    if (outcome.kind === 'unreachable')
      this.#cancel = this.ports.clock.after(FETCH_AGAIN_MS, () => void this.seen(jws, number));
    else await this.#report(outcome);
  }

  stop(): void {
    this.#cancel();
  }

  async #move(renew: TrustOrder['renew']): Promise<void> {
    const { start, end } = this.store.identity.renew;
    if (!renew || (renew.start === start && renew.end === end)) return;
    await this.store.amend({ renew });
    if (renew.start !== start) this.ports.windowMoved();
  }

  async #report(outcome: BundleOutcome): Promise<void> {
    const { clock, numbering, publish } = this.ports;
    const { deviceId, trustBundle, trustSigned = false, certificate } = this.store.identity;
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
        signed: trustSigned,
        fingerprint: fingerprintOf(certificate),
        ...(outcome.kind === 'refused' && { refused: outcome.fault }),
      }),
    );
  }
}
