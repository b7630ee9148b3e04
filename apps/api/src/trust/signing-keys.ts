import type { SigningPurpose } from '@muster/contracts/trust/trust.schema';
import type { Database } from '@muster/persistence/database';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import type { KeyStore } from '@muster/pki/keys/key-store';
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

/** Keys for commands, releases and trust bundles, made for a tenant on first need. */
export class SigningKeys {
  readonly #open = new Map<string, Promise<SigningKey>>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyStore,
    private readonly clock: Clock,
  ) {}

  /** The key that signs now for this purpose. */
  signing(tenantId: string, purpose: SigningPurpose): Promise<SigningKey> {
    const key = `${purpose}/${tenantId}`;
    const known = this.#open.get(key);
    if (known) return known;
    const opened = this.#openKey(tenantId, purpose);
    this.#open.set(key, opened);
    opened.catch(() => this.#open.delete(key));
    return opened;
  }

  /** What devices of the tenant verify with, as JSON Web Keys. */
  async trusted(tenantId: string): Promise<SigningJwk[]> {
    for (const purpose of purposes) await this.signing(tenantId, purpose);
    const rows = await this.database.tenant(tenantId, (tx) => signingKeyStore.listTrusted(tx, tenantId));
    return rows.map((row) => row.publicJwk as unknown as SigningJwk);
  }

  async #openKey(tenantId: string, purpose: SigningPurpose): Promise<SigningKey> {
    const row = await this.database.system(async (tx) => {
      const existing = await signingKeyStore.signing(tx, tenantId, purpose);
      if (existing) return existing;
      await authorityStore.lockCreation(tx);
      const made = await signingKeyStore.signing(tx, tenantId, purpose);
      if (made) return made;
      const kid = `${tenantId}-${purpose}-1`;
      const name = `sign-${tenantId}-${purpose}-1`;
      const context = { tenant: tenantId, purpose, generation: 1 };
      // Not every token and cloud can do Ed25519; devices verify both.
      const signer = await this.keys.create(name, context, 'EdDSA', 'ES256');
      const publicJwk = { ...toSigningJwk(signer, kid, documentOf[purpose]) };
      const key = { kid, tenantId, purpose, algorithm: signer.algorithm, publicJwk, keyRef: signer.ref };
      await signingKeyStore.insert(tx, key, this.clock.now());
      return key;
    });
    const signer = await this.keys.open(row.keyRef, { tenant: tenantId, purpose, generation: generationOf(row.kid) });
    return { kid: row.kid, signer };
  }
}

const generationOf = (kid: string): number => Number(kid.slice(kid.lastIndexOf('-') + 1));
