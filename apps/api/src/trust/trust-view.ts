import { createHash, X509Certificate } from 'node:crypto';
import { isTrusted } from '@muster/domain/trust/generation.machine';
import type { AuthorityRow, CrossRow } from '@muster/persistence/trust/authority.store';
import { readCertificate } from '@muster/pki/path/read-certificate';
import type { TrustedAuthorities } from '@muster/pki/path/validate-device-path';

/**
 * Who is certified by whom, over all generations: which certificates verifiers need while more than one root is trusted.
 * An authority below the roots may have several certificates of one name and key, one under each root.
 */
export class TrustView {
  readonly #rows: readonly AuthorityRow[];
  #trusted: TrustedAuthorities | undefined;
  readonly #certificates = new Map<string, { readonly issuer: string; readonly pem: string }[]>();

  /** `rows` are the generations that are not retired, with every cross certificate there is. */
  constructor(rows: readonly AuthorityRow[], crosses: readonly CrossRow[]) {
    this.#rows = rows;
    const roots = new Map<string, string>();
    for (const row of rows) if (row.kind === 'root') roots.set(factsOf(row.certificatePem).subjectKeyId!, row.id);
    for (const row of rows) {
      const issuer = roots.get(factsOf(row.certificatePem).authorityKeyId ?? '') ?? '';
      this.#certificates.set(row.id, [{ issuer, pem: row.certificatePem }]);
    }
    for (const { subjectId, issuerId, certificatePem } of crosses)
      this.#certificates.get(subjectId)?.push({ issuer: issuerId, pem: certificatePem });
  }

  /** The root that issues first, then the others, newest first. */
  roots(): AuthorityRow[] {
    const roots = this.#rows.filter(({ kind, state }) => kind === 'root' && isTrusted(state));
    const rank = (row: AuthorityRow) => (row.state === 'issuing' ? 0 : 1);
    return roots.sort((a, b) => rank(a) - rank(b) || b.generation - a.generation);
  }

  /** Roots certified by one another, PEM, of those that are trusted. */
  crossRoots(): string[] {
    const roots = this.roots();
    return roots.flatMap((root) => roots.flatMap((issuer) => (issuer === root ? [] : this.#under(root, issuer))));
  }

  /** Device authorities of the tenant that are trusted, newest first. */
  deviceAuthorities(tenantId: string): AuthorityRow[] {
    return this.#rows
      .filter((row) => row.kind === 'device' && row.tenantId === tenantId && isTrusted(row.state))
      .sort((a, b) => b.generation - a.generation);
  }

  /** Every certificate of an authority that leads to a trusted root, that under the issuing root first. PEM. */
  certificatesOf(row: AuthorityRow): string[] {
    return this.roots().flatMap((root) => this.#under(row, root));
  }

  /** What stands behind a certificate this authority issued: itself, under the root that issues. Empty when it is not trusted. */
  chainOf(authorityId: string): string[] {
    const row = this.#rows.find(({ id }) => id === authorityId);
    return row ? this.certificatesOf(row).slice(0, 1) : [];
  }

  /**
   * What a server presents behind its leaf: a way to each root somebody may have as its only anchor, and those roots
   * themselves, because an enrolling device finds the root it was told of by its digest in here. The cross certificates are a
   * ladder, each root certified by the next, and come before the roots: OpenSSL takes the first issuer that fits and never
   * turns back, and one signed by itself would end the path.
   */
  serverChain(server: AuthorityRow): string[] {
    const [issuing, ...others] = this.roots();
    if (!issuing) return [];
    const presented = [issuing, ...others.filter(({ state }) => state === 'retiring')];
    return [
      ...this.#under(server, issuing),
      ...presented.slice(1).flatMap((root, i) => this.#under(presented[i]!, root)),
      ...presented.map(({ certificatePem }) => certificatePem),
    ];
  }

  /** What a broker trusts: never the bootstrap authority, whose certificates only ask for better ones. PEM. */
  brokerTrust(): string[] {
    const issuers = this.#rows.filter(
      ({ kind, state }) => (kind === 'device' || kind === 'service') && isTrusted(state),
    );
    return [
      ...this.roots().map(({ certificatePem }) => certificatePem),
      ...issuers.flatMap((row) => this.certificatesOf(row)),
    ];
  }

  /** What EST answers as /cacerts (RFC 7030 4.1.3): roots, their cross certificates and the tenant's device authorities. PEM. */
  cacerts(tenantId: string | null): string[] {
    return [
      ...this.roots().map(({ certificatePem }) => certificatePem),
      ...this.crossRoots(),
      ...(tenantId === null ? [] : this.deviceAuthorities(tenantId)).flatMap((row) => this.certificatesOf(row)),
    ];
  }

  anchors(): X509Certificate[] {
    return this.roots().map(({ certificatePem }) => new X509Certificate(certificatePem));
  }

  /** Authorities of a kind below the roots that are trusted, each by its certificate under the root that issues. */
  issuers(kind: Exclude<AuthorityRow['kind'], 'root'>): X509Certificate[] {
    return this.#rows
      .filter((row) => row.kind === kind && isTrusted(row.state))
      .flatMap((row) => this.certificatesOf(row).slice(0, 1))
      .map((pem) => new X509Certificate(pem));
  }

  /** What device certificates are validated against. Read once a view: every request of a device asks. */
  trusted(domain: string): TrustedAuthorities {
    this.#trusted ??= this.#readTrusted(domain);
    return this.#trusted;
  }

  #readTrusted(domain: string): TrustedAuthorities {
    const devices = this.#rows.filter(({ kind, state }) => kind === 'device' && isTrusted(state));
    const deviceAuthorities = devices.flatMap((row) => {
      const [pem] = this.certificatesOf(row);
      return pem === undefined ? [] : [{ tenant: row.tenantId!, certificate: new X509Certificate(pem) }];
    });
    return { domain, roots: this.anchors(), deviceAuthorities };
  }

  /** Pairs of an authority and a root it has no certificate under yet, of all that are not retired. */
  missingCrosses(): { readonly subject: AuthorityRow; readonly issuer: AuthorityRow }[] {
    const roots = this.#rows.filter(({ kind }) => kind === 'root');
    return this.#rows.flatMap((subject) =>
      roots
        .filter((issuer) => issuer.id !== subject.id && this.#under(subject, issuer).length === 0)
        .map((issuer) => ({ subject, issuer })),
    );
  }

  #under(subject: AuthorityRow, issuer: AuthorityRow): string[] {
    return (this.#certificates.get(subject.id) ?? []).filter((one) => one.issuer === issuer.id).map(({ pem }) => pem);
  }
}

const factsOf = (pem: string) => readCertificate(new X509Certificate(pem).raw);

/** SHA-256 of a certificate's DER, lower-case hex, from PEM of our own. */
export const sha256OfPem = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

/** Whether half of a certificate's life is over, from PEM of our own. */
export const isHalfOver = (pem: string, now: Date): boolean => {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return now.getTime() > (validFromDate.getTime() + validToDate.getTime()) / 2;
};
