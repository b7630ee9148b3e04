import type { SigningPurpose } from '@muster/contracts/trust/trust.schema';
import type { Database } from '@muster/persistence/database';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import {
  type NewSigningKeyRow,
  type SigningKeyRow,
  signingKeyStore,
} from '@muster/persistence/trust/signing-key.store';
import { KeyFault, type KeyStore } from '@muster/pki/keys/key-store';
import type { Signer } from '@muster/pki/keys/signer';
import { type DocumentKind, type SigningJwk, toSigningJwk } from '@muster/pki/signing/compact';
import type { Clock } from '@muster/runtime/clock/clock';

/** A key that signs documents of a tenant. */
export interface SigningKey {
  readonly kid: string;
  readonly signer: Signer;
}

const purposes: readonly SigningPurpose[] = ['command', 'release', 'trust'];
const documentOf: Record<SigningPurpose, DocumentKind> = { command: 'command', release: 'manifest', trust: 'trust' };

/** How far this process may be behind a switch another one made. */
const KNOWN_MS = 5_000;

/** Keys for commands, releases and trust bundles, made for a tenant on first need. */
export class SigningKeys {
  readonly #active = new Map<string, { readonly until: number; readonly value: Promise<SigningKeyRow> }>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyStore,
    private readonly clock: Clock,
  ) {}

  /** The key that signs now for this purpose; a few seconds behind the database. */
  active(tenantId: string, purpose: SigningPurpose): Promise<SigningKeyRow> {
    const key = `${purpose}/${tenantId}`;
    const known = this.#active.get(key);
    if (known && known.until > this.clock.monotonic()) return known.value;
    const value = this.#findActive(tenantId, purpose);
    this.#active.set(key, { until: this.clock.monotonic() + KNOWN_MS, value });
    value.catch(() => this.#active.delete(key));
    return value;
  }

  /** As `active`, ready to sign. @throws KeyFault when its private half is not in this installation */
  async signing(tenantId: string, purpose: SigningPurpose): Promise<SigningKey> {
    return this.opened(await this.active(tenantId, purpose));
  }

  /** @throws KeyFault when its private half is not in this installation */
  async opened(row: SigningKeyRow): Promise<SigningKey> {
    if (row.keyRef === null) throw new KeyFault(`the private half of ${row.kid} is kept elsewhere`);
    const { tenantId: tenant, purpose, generation } = row;
    return { kid: row.kid, signer: await this.keys.open(row.keyRef, { tenant, purpose, generation }) };
  }

  /** What devices of the tenant verify with, as JSON Web Keys. */
  async trusted(tenantId: string): Promise<SigningJwk[]> {
    await this.ensure(tenantId);
    const rows = await this.database.tenant(tenantId, (tx) => signingKeyStore.listTrusted(tx, tenantId));
    return rows.map((row) => row.publicJwk as unknown as SigningJwk);
  }

  /** Makes the first key of each purpose where there is none. */
  async ensure(tenantId: string): Promise<void> {
    for (const purpose of purposes) await this.active(tenantId, purpose);
  }

  /** Looks everything up anew. */
  forget(): void {
    this.#active.clear();
  }

  /**
   * Makes the private half of a key that is to be announced. Done before the transaction that records it, because a token or
   * a cloud takes its time; asked again, after a crash or a refusal, it answers the same key. One process at a time, as in
   * `Hierarchy.prepareNext`.
   */
  async prepareNext(tenantId: string, purpose: SigningPurpose): Promise<void> {
    await this.database.outside(async (session) => {
      await authorityStore.lockPreparing(session);
      const newest = await this.database.system((tx) => signingKeyStore.newestGeneration(tx, tenantId, purpose));
      await this.make(tenantId, purpose, newest + 1);
    });
  }

  async #findActive(tenantId: string, purpose: SigningPurpose): Promise<SigningKeyRow> {
    const existing = await this.database.system((tx) => signingKeyStore.signing(tx, tenantId, purpose));
    if (existing) return existing;
    return this.database.system(async (tx) => {
      await authorityStore.lockCreation(tx);
      const made = await signingKeyStore.signing(tx, tenantId, purpose);
      if (made) return made;
      await signingKeyStore.insert(tx, await this.make(tenantId, purpose, 1), this.clock.now());
      return (await signingKeyStore.signing(tx, tenantId, purpose))!;
    });
  }

  /** What already stands under this generation is answered again. */
  async make(tenantId: string, purpose: SigningPurpose, generation: number): Promise<NewSigningKeyRow> {
    const kid = `${tenantId}-${purpose}-${generation}`;
    // Not every token and cloud can do Ed25519; devices verify both.
    const context = { tenant: tenantId, purpose, generation };
    const signer = await this.keys.create(`sign-${kid}`, context, 'EdDSA', 'ES256');
    const publicJwk = { ...toSigningJwk(signer, kid, documentOf[purpose]) };
    return { kid, tenantId, purpose, algorithm: signer.algorithm, publicJwk, keyRef: signer.ref, generation };
  }
}
