import { createPublicKey } from 'node:crypto';
import { ocspStore } from '@muster/persistence/certificates/ocsp.store';
import type { Database } from '@muster/persistence/database';
import type { AuthorityRow } from '@muster/persistence/trust/authority.store';
import { issueOcspLeaf } from '@muster/pki/authority/issue-leaf';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import type { CertId } from '@muster/pki/ocsp/read-request';
import { issuerMatcher, type OcspResponder } from '@muster/pki/ocsp/write-response';
import type { Clock } from '@muster/runtime/clock/clock';
import type { IdentityDoor } from '../trust/identity-door.js';

/** Its certificate lives for seven days, so that there are six to bring a signer back that is away. */
const RENEWED_AFTER_MS = 24 * 3_600_000;

/** Who answers for one authority. */
export interface Answering extends OcspResponder {
  readonly issued: (certId: CertId) => boolean;
  readonly since: Date;
  readonly notAfter: Date;
}

/**
 * The delegated responders of this process: the authority's own key signs one certificate a day and no answers. The key is
 * made here and never leaves this memory; every process has its own.
 */
export class OcspResponders {
  readonly #answering = new Map<string, Promise<Answering>>();

  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly clock: Clock,
  ) {}

  async of(row: AuthorityRow): Promise<Answering> {
    const now = this.clock.now();
    const known = this.#answering.get(row.id);
    const answering = await known?.catch(() => undefined);
    if (answering && now.getTime() - answering.since.getTime() < RENEWED_AFTER_MS) return answering;
    // Whoever comes meanwhile waits for the same one.
    if (this.#answering.get(row.id) !== known) return this.of(row);
    const renewed = this.#renew(row, now).catch((fault: unknown) => {
      // The one of yesterday is good for days yet.
      if (answering && answering.notAfter > now) return answering;
      this.#answering.delete(row.id);
      throw fault;
    });
    this.#answering.set(row.id, renewed);
    return renewed;
  }

  async #renew(row: AuthorityRow, now: Date): Promise<Answering> {
    const authority = await this.door.hierarchy.opened(row);
    const key = await generatePrivateKey('ES256');
    const name = `OCSP ${row.kind} ${row.generation}`;
    const leaf = await issueOcspLeaf(authority, { name, publicKey: createPublicKey(key) }, { now });
    const { serial, pem: certificatePem, notBefore, notAfter } = leaf;
    const responder = { authorityId: row.id, serial, certificatePem, notBefore, notAfter };
    await this.database.system((tx) => ocspStore.addResponder(tx, responder, now));
    return { certificate: leaf.der, signer: keySigner(key), issued: issuerMatcher(authority), since: now, notAfter };
  }
}
