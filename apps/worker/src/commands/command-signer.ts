import type { CommandClaims, OfferClaims } from '@muster/contracts/mqtt/downlink';
import type { Database } from '@muster/persistence/database';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import type { KeyStore } from '@muster/pki/keys/key-store';
import type { Signer } from '@muster/pki/keys/signer';
import { issuerOf, signCommand } from '@muster/pki/signing/command';
import { signOffer } from '@muster/pki/signing/offer';
import type { Clock } from '@muster/runtime/clock/clock';

/** Trust domain of every installation; devices read theirs from their own certificate. */
const DOMAIN = 'muster';
/** A key that was retired stops signing this soon, before anybody can have it revoked. */
const REMEMBER_MS = 5_000;

interface OpenKey {
  readonly kid: string;
  readonly signer: Signer;
  readonly until: number;
}

/** What a command says; who says it and with which key is the signer's business. */
export interface CommandOrderFacts {
  readonly deviceId: string;
  /** SHA-256 of the certificate the device uses now: a copy of the order is worthless to any other. */
  readonly certificate: string;
  readonly id: string;
  readonly seq: number;
  readonly act: string;
  readonly args: Record<string, unknown>;
  readonly timeoutS: number;
  readonly expiresAt: Date;
}

/** What the offer of a release says. */
export type OfferFacts = Pick<OfferClaims, 'releaseId' | 'manifestSha256' | 'rollback' | 'downgrade'> & {
  readonly deviceId: string;
  readonly executionId: string;
  readonly expiresAt: Date;
};

/** Signs orders with the tenant's command key, which enrolment made; the private half never leaves its signer. */
export class CommandSigner {
  readonly #keys = new Map<string, OpenKey>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyStore,
    private readonly clock: Clock,
  ) {}

  async sign(tenantId: string, order: CommandOrderFacts): Promise<string> {
    const { kid, signer } = await this.#key(tenantId);
    const iat = Math.floor(this.clock.now().getTime() / 1000);
    const claims: CommandClaims = {
      iss: issuerOf(DOMAIN, tenantId),
      aud: order.deviceId,
      jti: order.id,
      seq: order.seq,
      iat,
      nbf: iat,
      exp: Math.ceil(order.expiresAt.getTime() / 1000),
      act: order.act,
      args: order.args,
      cth: order.certificate,
      timeoutS: order.timeoutS,
    };
    return signCommand(signer, kid, claims);
  }

  async signOffer(tenantId: string, { deviceId, executionId, expiresAt, ...facts }: OfferFacts): Promise<string> {
    const { kid, signer } = await this.#key(tenantId);
    return signOffer(signer, kid, {
      iss: issuerOf(DOMAIN, tenantId),
      aud: deviceId,
      jti: executionId,
      iat: Math.floor(this.clock.now().getTime() / 1000),
      exp: Math.ceil(expiresAt.getTime() / 1000),
      ...facts,
    });
  }

  async #key(tenantId: string): Promise<OpenKey> {
    const known = this.#keys.get(tenantId);
    if (known !== undefined && known.until > this.clock.monotonic()) return known;
    const row = await this.database.system((tx) => signingKeyStore.signing(tx, tenantId, 'command'));
    if (row === null) throw new Error(`${tenantId} has no key to sign commands with yet`);
    if (row.keyRef === null) throw new Error(`the private half of ${row.kid} is not here`);
    const { generation } = row;
    const signer = await this.keys.open(row.keyRef, { tenant: tenantId, purpose: 'command', generation });
    const key = { kid: row.kid, signer, until: this.clock.monotonic() + REMEMBER_MS };
    this.#keys.set(tenantId, key);
    return key;
  }
}
