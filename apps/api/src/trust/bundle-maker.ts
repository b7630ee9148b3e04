import type { Database, Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { type BundleRow, bundleStore } from '@muster/persistence/trust/bundle.store';
import { type SigningKeyRow, signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { readTrustBundle, signTrustBundle, type TrustBundle } from '@muster/pki/signing/trust-bundle';
import type { Clock } from '@muster/runtime/clock/clock';
import type { Hierarchy } from './hierarchy.js';
import { whereRootIs } from './rare-signer.js';
import type { SigningKeys } from './signing-keys.js';
import { sha256OfPem, TrustView } from './trust-view.js';

const KNOWN_MS = 5_000;
const MORE = { schemaVersion: 1 } as const;

/**
 * Makes trust bundles: number n+1 as soon as roots, cross certificates, device authorities or keys are others than in n,
 * in the transaction that changed them, signed by the trust key that is active in n. One lock over all processes and the
 * primary key see to it that no number has two contents.
 */
export class BundleMaker {
  readonly #newest = new Map<string, { readonly until: number; readonly value: Promise<BundleRow> }>();

  constructor(
    private readonly database: Database,
    private readonly hierarchy: Hierarchy,
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
  ) {}

  /** The bundle in force, made when there is none; a few seconds behind the database. */
  newest(tenantId: string): Promise<BundleRow> {
    const known = this.#newest.get(tenantId);
    if (known && known.until > this.clock.monotonic()) return known.value;
    const value = this.#find(tenantId);
    this.#newest.set(tenantId, { until: this.clock.monotonic() + KNOWN_MS, value });
    value.catch(() => this.#newest.delete(tenantId));
    return value;
  }

  /** Brings every tenant's bundle up to date: after an upgrade, or when a tenant came. */
  async prepare(): Promise<void> {
    for (const tenantId of await this.database.system((tx) => authorityStore.listTenants(tx)))
      await whereRootIs(this.#bringUpToDate(tenantId));
  }

  forget(): void {
    this.#newest.clear();
  }

  /**
   * The next bundle inside the caller's system transaction, or the newest when it says the same. The tenant's keys must
   * exist. Devices are told by a letter, after the commit.
   */
  async make(tx: Tx, tenantId: string, reason: string): Promise<BundleRow> {
    await authorityStore.lockCreation(tx);
    const before = await bundleStore.newest(tx, tenantId);
    const rows = await signingKeyStore.listTrusted(tx, tenantId);
    const view = new TrustView(await authorityStore.listTrusted(tx), await authorityStore.listCross(tx));
    const said = before && readTrustBundle(before.jws);
    const content = contentOf(tenantId, rows, view);
    if (said && sameContent(said, content)) return before;
    const bundle: TrustBundle = {
      ...MORE,
      number: before ? before.number + 1 : firstNumber(rows, this.clock.now()),
      ...content,
    };
    const signer = await this.keys.opened(signerOf(said, rows));
    const jws = await signTrustBundle(signer.signer, signer.kid, bundle);
    const roots = bundle.roots.map(sha256OfPem);
    const kids = rows.map(({ kid }) => kid);
    const row = { tenantId, number: bundle.number, jws, reason, roots, kids };
    const made = await bundleStore.insert(tx, row, this.clock.now());
    const payload = { number: made.number };
    await outbox.drop(tx, { tenantId, type: 'trust.bundle_made', key: tenantId, payload });
    return made;
  }

  /** As `make` for every tenant: what the installation trusts is in each of their bundles. */
  async makeAll(tx: Tx, reason: string): Promise<Map<string, BundleRow>> {
    const made = new Map<string, BundleRow>();
    for (const tenantId of await authorityStore.listTenants(tx))
      made.set(tenantId, await this.make(tx, tenantId, reason));
    return made;
  }

  async #find(tenantId: string): Promise<BundleRow> {
    const known = await this.database.system((tx) => bundleStore.newest(tx, tenantId));
    return known ?? this.#bringUpToDate(tenantId);
  }

  async #bringUpToDate(tenantId: string): Promise<BundleRow> {
    await this.hierarchy.issuing('device', tenantId);
    await this.keys.ensure(tenantId);
    return this.database.system((tx) => this.make(tx, tenantId, 'What this installation trusts.'));
  }
}

/**
 * Above every number agents may hold from before there were bundles: those were the second in which the newest key was made.
 * And above those of bundles that were lost, in an upgrade that was taken back: there were fewer than seconds went by.
 */
const firstNumber = (rows: readonly SigningKeyRow[], now: Date): number =>
  Math.max(...[now, ...rows.map(({ createdAt }) => createdAt)].map((at) => Math.floor(at.getTime() / 1000))) + 1;

/** The key that is active in the bundle before: devices know no other. @throws Error when it is gone */
const signerOf = (before: TrustBundle | null, rows: readonly SigningKeyRow[]): SigningKeyRow => {
  const named = before?.keys.find(({ use, state }) => use === 'trust' && state === 'active');
  const row = named
    ? rows.find(({ kid }) => kid === named.kid)
    : rows.find(({ purpose, state }) => purpose === 'trust' && state === 'active');
  if (!row) throw new Error('the trust key of the bundle before is not there');
  return row;
};

type Content = Pick<TrustBundle, 'tenant' | 'roots' | 'keys' | 'cross' | 'authorities'>;

const contentOf = (tenant: string, rows: readonly SigningKeyRow[], view: TrustView): Content => ({
  tenant,
  roots: view.roots().map(({ certificatePem }) => certificatePem),
  keys: rows.map(({ publicJwk, state }) => ({ ...publicJwk, state }) as TrustBundle['keys'][number]),
  cross: view.crossRoots(),
  authorities: view.deviceAuthorities(tenant).flatMap((row) => view.certificatesOf(row)),
});

/** Order says nothing: which root issues is no matter of trust. */
const sameContent = (a: Content, b: Content): boolean => canonical(a) === canonical(b);

const canonical = ({ tenant, roots, keys, cross = [], authorities = [] }: Content): string =>
  JSON.stringify([
    tenant,
    ...[roots, cross, authorities].map((list) => [...list].sort()),
    keys
      .map((key) => Object.entries(key).sort(([x], [y]) => (x < y ? -1 : 1)))
      .sort((x, y) => (String(x) < String(y) ? -1 : 1)),
  ]);
