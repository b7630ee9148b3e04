import type { AuthorityKind, GenerationState } from '@muster/contracts/trust/trust.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import type { Database, Tx } from '@muster/persistence/database';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { type Authority, authorityOf } from '@muster/pki/authority/authority';
import { type IssuingKind, issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueCross } from '@muster/pki/authority/issue-cross';
import type { KeyStore, StoredKey } from '@muster/pki/keys/key-store';
import type { TrustedAuthorities } from '@muster/pki/path/validate-device-path';
import type { Clock } from '@muster/runtime/clock/clock';
import { algorithms, contextOf, nameOf } from './authority-keys.js';
import { rareSigner, whereRootIs } from './rare-signer.js';
import { isHalfOver, sha256OfPem, TrustView } from './trust-view.js';

export interface HierarchyOptions {
  /** Trust domain in every SPIFFE URI; never changes while devices are enrolled. */
  readonly domain: string;
  readonly organization: string;
}

/** An authority that issues, with the id certificates refer to. */
export interface IssuingAuthority extends Authority {
  readonly id: string;
  /** How many revocation lists its certificates are spread over. */
  readonly crlShards: number;
}

/** How far this process may be behind what another one changed; the trust channel usually tells sooner. */
const KNOWN_MS = 5_000;

/** What stopped issuing may be issuing one more at this moment, in a process that has not heard of it. */
const SETTLED_MS = 60_000;

/** The longest an enrolment token lives. */
const TOKEN_LIFE_MS = 30 * 86_400_000;

interface NewGeneration {
  readonly kind: AuthorityKind;
  readonly tenantId: string | null;
  readonly generation: number;
  readonly state: GenerationState;
}

interface Known<T> {
  readonly until: number;
  readonly value: Promise<T>;
}

/**
 * The certificate authorities of this installation: rows in the database, keys in their store. Only the api holds one,
 * because it alone signs certificates. What does not exist yet is made on first need, once, whatever crashes meanwhile.
 */
export class Hierarchy {
  readonly #issuing = new Map<string, Known<IssuingAuthority>>();
  /** Opened generations by id: neither their certificate nor their key ever changes. */
  readonly #opened = new Map<string, Promise<Authority>>();
  #view: Known<TrustView> | null = null;

  constructor(
    private readonly database: Database,
    private readonly keys: KeyStore,
    private readonly clock: Clock,
    readonly options: HierarchyOptions,
  ) {}

  root(): Promise<IssuingAuthority> {
    return this.issuing('root', null);
  }

  /** SHA-256 of the root that issues, as enrolment tokens carry it. */
  async rootSha256(): Promise<string> {
    return sha256OfPem((await this.root()).pem);
  }

  /** The authority that issues now; device authorities belong to a tenant, the others to the installation. */
  issuing(kind: AuthorityKind, tenantId: string | null): Promise<IssuingAuthority> {
    const key = `${kind}/${tenantId ?? ''}`;
    const known = this.#issuing.get(key);
    if (known && known.until > this.clock.monotonic()) return known.value;
    const value = this.#findIssuing(kind, tenantId);
    this.#issuing.set(key, { until: this.clock.monotonic() + KNOWN_MS, value });
    value.catch(() => this.#issuing.delete(key));
    return value;
  }

  /** Any generation, ready to sign: a retiring authority still signs its revocation lists. */
  async opened(row: AuthorityRow): Promise<IssuingAuthority> {
    const known = this.#opened.get(row.id);
    const opened = known ?? this.#open(row);
    if (!known) {
      this.#opened.set(row.id, opened);
      opened.catch(() => this.#opened.delete(row.id));
    }
    return { ...(await opened), id: row.id, crlShards: row.crlShards };
  }

  /** All generations and their cross certificates; a few seconds behind the database. */
  view(): Promise<TrustView> {
    const now = this.clock.monotonic();
    if (this.#view && this.#view.until > now) return this.#view.value;
    const value = this.#loadView();
    this.#view = { until: now + KNOWN_MS, value };
    value.catch(() => {
      this.#view = null;
    });
    return value;
  }

  /** What a device's certificate is validated against; a few seconds behind the database. */
  async trusted(): Promise<TrustedAuthorities> {
    return (await this.view()).trusted(this.options.domain);
  }

  /** What a device sends behind its certificate: the authority that issued it, under the root that issues. PEM. */
  async chainOf(authorityId: string): Promise<string[]> {
    const known = (await this.view()).chainOf(authorityId);
    if (known.length > 0) return known;
    // Another process made it since the last look.
    this.#view = null;
    return (await this.view()).chainOf(authorityId);
  }

  /** Looks everything up anew: another process, or this one, has changed who issues or who is trusted. */
  forget(): void {
    this.#issuing.clear();
    this.#view = null;
  }

  /**
   * Makes what every installation and every tenant needs. Device authorities are not left to the first enrolment, because
   * a broker reads its revocation lists when it starts and refuses the leaves of an authority without one.
   */
  async prepare(): Promise<void> {
    await this.root();
    for (const kind of ['server', 'service', 'bootstrap'] as const) {
      await this.issuing(kind, null);
      await whereRootIs(this.#succeed(kind));
    }
    const tenants = await this.database.system((tx) => authorityStore.listTenants(tx));
    for (const tenantId of tenants) await whereRootIs(this.issuing('device', tenantId));
    await this.retireLeftBehind();
    const missing = (await this.#loadView()).missingCrosses();
    if (missing.length === 0) return;
    const completed = this.database.system(async (tx) => {
      await authorityStore.lockCreation(tx);
      await this.completeCrosses(tx);
    });
    await whereRootIs(completed);
    this.#view = null;
  }

  /**
   * Makes the key of the next generation, before the transaction that records it: a token or a cloud takes its time. One
   * process at a time, because a token makes two keys of one name for two who ask at once, and opens neither from then on.
   */
  async prepareNext(kind: AuthorityKind, tenantId: string | null): Promise<void> {
    await this.database.outside(async (session) => {
      await authorityStore.lockPreparing(session);
      const newest = await this.database.system((tx) => authorityStore.newestGeneration(tx, kind, tenantId));
      await this.#key({ kind, tenantId, generation: newest + 1 });
    });
  }

  /** The next generation, created and trusted by nobody yet, with every cross certificate it needs. In a system transaction. */
  async addNext(tx: Tx, kind: AuthorityKind, tenantId: string | null): Promise<AuthorityRow> {
    await authorityStore.lockCreation(tx);
    const generation = (await authorityStore.newestGeneration(tx, kind, tenantId)) + 1;
    const root = kind === 'root' ? null : await this.opened((await authorityStore.issuing(tx, 'root', null))!);
    const row = await this.#insert(tx, { kind, tenantId, generation, state: 'created' }, root);
    await this.completeCrosses(tx);
    return row;
  }

  /** Certifies every authority under every root that is not retired: then no verifier depends on which root it knows. */
  async completeCrosses(tx: Tx): Promise<void> {
    const view = new TrustView(await authorityStore.listTrusted(tx), await authorityStore.listCross(tx));
    const now = this.clock.now();
    for (const { subject, issuer } of view.missingCrosses()) {
      const certificatePem = await issueCross({ pem: subject.certificatePem }, await this.opened(issuer), now);
      await authorityStore.insertCross(tx, { subjectId: subject.id, issuerId: issuer.id, certificatePem }, now);
    }
  }

  /**
   * Retires generations a rollback left behind: device authorities when nothing they issued lives, roots when no enrolment
   * token that names them can live any more.
   */
  async retireLeftBehind(): Promise<void> {
    const now = this.clock.now();
    await this.database.system(async (tx) => {
      for (const { id, kind, tenantId, since } of await rolloverStore.listLeftBehind(tx)) {
        const forMs = now.getTime() - since.getTime();
        const over =
          kind === 'root'
            ? forMs > TOKEN_LIFE_MS
            : kind === 'device' && forMs > SETTLED_MS && (await rolloverStore.countLive(tx, id, now)) === 0;
        if (!over || !(await authorityStore.move(tx, id, 'retired', now))) continue;
        const owner = tenantId ?? (await authorityStore.runningTenant(tx));
        const actor = { type: 'system', id: 'muster' } as const;
        const record = { actor, action: 'authority.retired', resource: `authority:${id}`, after: { kind } };
        await audit.append(tx, record, owner);
      }
    });
  }

  /**
   * At half of its life an authority of our own servers, services or claim certificates is followed by the next generation,
   * by itself: whoever relies on it knows the root alone, so nobody's trust changes. The old one stays trusted to its end.
   */
  async #succeed(kind: 'server' | 'service' | 'bootstrap'): Promise<void> {
    const now = this.clock.now();
    if (!isHalfOver((await this.issuing(kind, null)).pem, now)) return;
    await this.prepareNext(kind, null);
    await this.database.system(async (tx) => {
      await authorityStore.lockCreation(tx);
      const old = (await authorityStore.issuing(tx, kind, null))!;
      if (!isHalfOver(old.certificatePem, now)) return;
      await authorityStore.move(tx, old.id, 'retiring', now);
      const { id, generation } = await this.addNext(tx, kind, null);
      await authorityStore.move(tx, id, 'issuing', now);
      const actor = { type: 'system', id: 'muster' } as const;
      const record = {
        actor,
        action: 'authority.succeeded',
        resource: `authority:${old.id}`,
        after: { kind, generation },
      };
      await audit.append(tx, record, await authorityStore.runningTenant(tx));
    });
    this.forget();
  }

  listTrusted(): Promise<AuthorityRow[]> {
    return this.database.system((tx) => authorityStore.listTrusted(tx));
  }

  async #findIssuing(kind: AuthorityKind, tenantId: string | null): Promise<IssuingAuthority> {
    const existing = await this.database.system((tx) => authorityStore.issuing(tx, kind, tenantId));
    if (existing) return this.opened(existing);
    const root = kind === 'root' ? null : await this.root();
    const made = await this.database.system((tx) => this.#create(tx, kind, tenantId, root));
    this.#view = null;
    return this.opened(made);
  }

  async #open(row: AuthorityRow): Promise<Authority> {
    const open = () => this.keys.open(row.keyRef, contextOf(row));
    if (row.kind === 'root') return authorityOf(row.certificatePem, rareSigner(row.certificatePem, open));
    return authorityOf(row.certificatePem, await open());
  }

  async #create(tx: Tx, kind: AuthorityKind, tenantId: string | null, root: Authority | null): Promise<AuthorityRow> {
    await authorityStore.lockCreation(tx);
    const made = await authorityStore.issuing(tx, kind, tenantId);
    return made ?? this.#insert(tx, { kind, tenantId, generation: 1, state: 'issuing' }, root);
  }

  /** Key first, then the row: after a crash between the two the next try finds the key and goes on. */
  async #insert(tx: Tx, made: NewGeneration, root: Authority | null): Promise<AuthorityRow> {
    const { kind, tenantId, generation, state } = made;
    const { organization } = this.options;
    const signer = await this.#key(made);
    const now = this.clock.now();
    const authority =
      root === null
        ? await issueRoot({ organization, generation, signer, now })
        : await issueAuthority(root, {
            organization,
            kind: kind as IssuingKind,
            ...(tenantId === null ? {} : { tenant: tenantId }),
            generation,
            signer,
            now,
          });
    await authorityStore.announceTrustChange(tx);
    const row = { tenantId, kind, generation, certificatePem: authority.pem, keyRef: signer.ref };
    return authorityStore.insert(tx, row, now, state);
  }

  #key(made: Omit<NewGeneration, 'state'>): Promise<StoredKey> {
    return this.keys.create(nameOf(made), contextOf(made), algorithms[made.kind]);
  }

  #loadView(): Promise<TrustView> {
    return this.database.system(
      async (tx) => new TrustView(await authorityStore.listTrusted(tx), await authorityStore.listCross(tx)),
    );
  }
}
