import { createHash, X509Certificate } from 'node:crypto';
import type { AuthorityKind } from '@muster/contracts/trust/trust.schema';
import type { Database, Tx } from '@muster/persistence/database';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import { type Authority, authorityOf } from '@muster/pki/authority/authority';
import { type IssuingKind, issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import type { KeyContext, KeyStore } from '@muster/pki/keys/key-store';
import type { SignAlgorithm } from '@muster/pki/keys/signer';
import type { TrustedAuthorities } from '@muster/pki/path/validate-device-path';
import type { Clock } from '@muster/runtime/clock/clock';

export interface HierarchyOptions {
  /** Trust domain in every SPIFFE URI; never changes while devices are enrolled. */
  readonly domain: string;
  readonly organization: string;
}

/** An authority that issues, with the id certificates refer to. */
export interface IssuingAuthority extends Authority {
  readonly id: string;
}

const TRUST_KNOWN_MS = 5_000;

/**
 * The certificate authorities of this installation: rows in the database, keys in their store. Only the api holds one,
 * because it alone signs certificates. What does not exist yet is made on first need, once, whatever crashes meanwhile.
 */
export class Hierarchy {
  readonly #issuing = new Map<string, Promise<IssuingAuthority>>();
  #trusted: { readonly until: number; readonly value: Promise<TrustedAuthorities> } | null = null;

  constructor(
    private readonly database: Database,
    private readonly keys: KeyStore,
    private readonly clock: Clock,
    readonly options: HierarchyOptions,
  ) {}

  root(): Promise<IssuingAuthority> {
    return this.issuing('root', null);
  }

  /** SHA-256 of the root, as enrolment tokens carry it. */
  async rootSha256(): Promise<string> {
    const { pem } = await this.root();
    return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
  }

  /** The authority that issues now; device authorities belong to a tenant, the others to the installation. */
  issuing(kind: AuthorityKind, tenantId: string | null): Promise<IssuingAuthority> {
    const key = `${kind}/${tenantId ?? ''}`;
    const known = this.#issuing.get(key);
    if (known) return known;
    const opened = this.#open(kind, tenantId);
    this.#issuing.set(key, opened);
    opened.catch(() => this.#issuing.delete(key));
    return opened;
  }

  /** What a device's certificate is validated against; a few seconds behind the database. */
  trusted(): Promise<TrustedAuthorities> {
    const now = this.clock.monotonic();
    if (this.#trusted && this.#trusted.until > now) return this.#trusted.value;
    const value = this.#loadTrusted();
    this.#trusted = { until: now + TRUST_KNOWN_MS, value };
    value.catch(() => {
      this.#trusted = null;
    });
    return value;
  }

  /**
   * Makes what every installation and every tenant needs. Device authorities are not left to the first enrolment, because
   * a broker reads its revocation lists when it starts and refuses the leaves of an authority without one.
   */
  async prepare(): Promise<void> {
    await this.root();
    for (const kind of ['server', 'service', 'bootstrap'] as const) await this.issuing(kind, null);
    const tenants = await this.database.system((tx) => authorityStore.listTenants(tx));
    for (const tenantId of tenants) await this.issuing('device', tenantId);
  }

  listTrusted(): Promise<AuthorityRow[]> {
    return this.database.system((tx) => authorityStore.listTrusted(tx));
  }

  async #open(kind: AuthorityKind, tenantId: string | null): Promise<IssuingAuthority> {
    const root = kind === 'root' ? null : await this.root();
    const row = await this.database.system(async (tx) => {
      const existing = await authorityStore.issuing(tx, kind, tenantId);
      return existing ?? this.#create(tx, kind, tenantId, root);
    });
    this.#trusted = null;
    const signer = await this.keys.open(row.keyRef, contextOf(row));
    return { ...authorityOf(row.certificatePem, signer), id: row.id };
  }

  /** Key first, then the row: after a crash between the two the next try finds the key and goes on. */
  async #create(tx: Tx, kind: AuthorityKind, tenantId: string | null, root: Authority | null): Promise<AuthorityRow> {
    await authorityStore.lockCreation(tx);
    const made = await authorityStore.issuing(tx, kind, tenantId);
    if (made) return made;
    const generation = 1;
    const name = `ca-${kind}${tenantId === null ? '' : `-${tenantId}`}-${generation}`;
    const identity = { tenantId, kind, generation };
    const signer = await this.keys.create(name, contextOf(identity), algorithms[kind]);
    const { organization } = this.options;
    const now = this.clock.now();
    const authority =
      root === null
        ? await issueRoot({ organization, signer, now })
        : await issueAuthority(root, {
            organization,
            kind: kind as IssuingKind,
            ...(tenantId === null ? {} : { tenant: tenantId }),
            generation,
            signer,
            now,
          });
    await authorityStore.announceTrustChange(tx);
    return authorityStore.insert(tx, { ...identity, certificatePem: authority.pem, keyRef: signer.ref }, now);
  }

  async #loadTrusted(): Promise<TrustedAuthorities> {
    const rows = await this.listTrusted();
    const certificate = (row: AuthorityRow) => new X509Certificate(row.certificatePem);
    return {
      domain: this.options.domain,
      roots: rows.filter(({ kind }) => kind === 'root').map(certificate),
      deviceAuthorities: rows
        .filter(({ kind }) => kind === 'device')
        .map((row) => ({ tenant: row.tenantId!, certificate: certificate(row) })),
    };
  }
}

const algorithms: Record<AuthorityKind, SignAlgorithm> = {
  root: 'ES384',
  device: 'ES256',
  server: 'ES256',
  service: 'ES256',
  bootstrap: 'ES256',
};

const contextOf = (row: { tenantId: string | null; kind: AuthorityKind; generation: number }): KeyContext => ({
  tenant: row.tenantId,
  purpose: `ca-${row.kind}`,
  generation: row.generation,
});
