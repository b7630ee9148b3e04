import { ocspStore, type StandingRow } from '@muster/persistence/certificates/ocsp.store';
import { Database } from '@muster/persistence/database';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import { crlReason } from '@muster/pki/crl/crl-entries';
import { DerFault } from '@muster/pki/der/read';
import { type CertId, type OcspRequest, readOcspRequest } from '@muster/pki/ocsp/read-request';
import { type OcspStatus, ocspFault, writeOcspResponse } from '@muster/pki/ocsp/write-response';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { IdentityDoor } from '../trust/identity-door.js';
import { type Answering, OcspResponders } from './ocsp-responders.js';

const LIFE_MS = 3_600_000;
/** An answer is given out again for the first half of its life. */
const REUSED_MS = LIFE_MS / 2;
/** Clocks that are behind ours: an answer from the future is refused. */
const BACKDATED_MS = 5 * 60_000;
const MOST_CACHED = 10_000;

interface Cached {
  readonly until: number;
  readonly der: Buffer;
}

export interface OcspReply {
  readonly der: Buffer;
  /** Whether another asker would get the same. */
  readonly cacheable: boolean;
}

/**
 * Answers about certificates (RFC 6960, RFC 5019). How one stands is looked up for every question and only the signature is
 * kept, by what it says: after a revocation the next answer says so, in every process.
 */
@Injectable()
export class OcspService {
  readonly #responders: OcspResponders;
  readonly #signed = new Map<string, Cached>();

  constructor(
    private readonly database: Database,
    door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#responders = new OcspResponders(database, door, clock);
  }

  /** Undefined when there is no such authority. */
  async answer(authorityId: string, der: Buffer): Promise<OcspReply | undefined> {
    const row = await this.#authority(authorityId);
    if (row === null) return undefined;
    let request: OcspRequest;
    try {
      request = readOcspRequest(der);
    } catch (fault) {
      if (fault instanceof DerFault) return { der: ocspFault('malformedRequest'), cacheable: false };
      throw fault;
    }
    const answering = await this.#responders.of(row).catch(() => null);
    if (answering === null) return { der: ocspFault('tryLater'), cacheable: false };
    if (!request.certIds.every(answering.issued)) return { der: ocspFault('unauthorized'), cacheable: false };
    return this.#sign(row, answering, request);
  }

  /** The authority's own certificate as DER; undefined when there is none. */
  async certificateOf(authorityId: string): Promise<string | undefined> {
    return (await this.#authority(authorityId))?.certificatePem;
  }

  #authority(id: string): Promise<AuthorityRow | null> {
    return this.database.system((tx) => authorityStore.find(tx, id));
  }

  async #sign(row: AuthorityRow, answering: Answering, { certIds, nonce }: OcspRequest): Promise<OcspReply> {
    const serials = certIds.map(({ serial }) => serial);
    const found = await this.database.system((tx) => ocspStore.standing(tx, row.id, serials));
    const standing = new Map(found.map((one) => [one.serial, one]));
    const now = this.clock.now();
    const thisUpdate = new Date(now.getTime() - BACKDATED_MS);
    const nextUpdate = new Date(Math.min(now.getTime() + LIFE_MS, answering.notAfter.getTime()));
    const answers = certIds.map((certId) => ({ certId, status: statusOf(standing.get(certId.serial)) }));
    const write = () => writeOcspResponse(answering, answers, { thisUpdate, nextUpdate, nonce });
    if (nonce !== null) return { der: await write(), cacheable: false };
    const key = [row.id, ...certIds.map((certId) => keyOf(certId, standing.get(certId.serial)))].join('|');
    const known = this.#signed.get(key);
    if (known && known.until > now.getTime()) return { der: known.der, cacheable: true };
    const der = await write();
    this.#keep(key, { until: Math.min(now.getTime() + REUSED_MS, nextUpdate.getTime()), der });
    return { der, cacheable: true };
  }

  /** The oldest go first: nothing a stranger asks makes this grow without end. */
  #keep(key: string, cached: Cached): void {
    this.#signed.delete(key);
    this.#signed.set(key, cached);
    if (this.#signed.size > MOST_CACHED) this.#signed.delete(this.#signed.keys().next().value!);
  }
}

const keyOf = ({ raw }: CertId, standing: StandingRow | undefined): string =>
  `${raw.toString('base64')}/${standing ? `${standing.state}/${standing.since.getTime()}` : ''}`;

const statusOf = (standing: StandingRow | undefined): OcspStatus => {
  if (standing === undefined) return 'unknown';
  if (standing.state === 'on_hold') return { revokedAt: standing.since, reason: 'certificateHold' };
  return standing.state === 'revoked' ? { revokedAt: standing.since, reason: crlReason(standing.reasonCode) } : 'good';
};
