import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import type { CrlReason } from '@muster/pki/crl/write-crl';
import { crlReasonCodes, writeCrl } from '@muster/pki/crl/write-crl';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { IssuingAuthority } from '../trust/hierarchy.js';
import { IdentityDoor } from '../trust/identity-door.js';

const NEXT_UPDATE_MS = 24 * 3_600_000;
/** Lists begin in the past: a broker whose clock is behind ours would refuse every device over a list that is not yet valid. */
const BACKDATED_MS = 5 * 60_000;
/** How far behind the registry a list fetched by URL may be; anyone may ask, so not every request builds one. */
const FRESH_MS = 5_000;

interface Built {
  readonly at: number;
  readonly crl: Promise<{ der: Buffer; pem: string }>;
}

/** Revocation lists of the authorities whose leaves connect to us: those for devices and for our own services. */
@Injectable()
export class CrlPublisher {
  readonly #built = new Map<string, Built>();

  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The list of one authority, at most some seconds old; undefined when there is no such authority. */
  async fetch(authorityId: string): Promise<{ der: Buffer; pem: string } | undefined> {
    const known = this.#built.get(authorityId);
    if (known && this.clock.monotonic() - known.at < FRESH_MS) return known.crl;
    const row = (await this.#authorities()).find(({ id }) => id === authorityId);
    return row && this.#build(row);
  }

  /** Every list, built now, as one PEM file for a broker. */
  async bundle(): Promise<string> {
    const rows = await this.#authorities();
    const lists = await Promise.all(rows.map((row) => this.#build(row)));
    return lists.map(({ pem }) => pem).join('');
  }

  /** As `bundle`, at most some seconds old: anyone may ask for it. */
  async cachedBundle(): Promise<string> {
    const rows = await this.#authorities();
    const lists = await Promise.all(rows.map(({ id }) => this.fetch(id)));
    return lists.map((list) => list?.pem ?? '').join('');
  }

  async #authorities() {
    const rows = await this.door.hierarchy.listTrusted();
    return rows.filter(({ kind }) => kind === 'device' || kind === 'service');
  }

  async #build({ kind, tenantId }: AuthorityRow): Promise<{ der: Buffer; pem: string }> {
    const authority = await this.door.hierarchy.issuing(kind, tenantId);
    const crl = this.#write(authority);
    this.#built.set(authority.id, { at: this.clock.monotonic(), crl });
    crl.catch(() => this.#built.delete(authority.id));
    return crl;
  }

  async #write(authority: IssuingAuthority): Promise<{ der: Buffer; pem: string }> {
    const now = this.clock.now();
    const { number, revoked } = await this.database.system(async (tx) => ({
      number: await authorityStore.nextCrlNumber(tx, authority.id),
      revoked: await certificateStore.listRevoked(tx, authority.id, now),
    }));
    return writeCrl(authority, {
      number,
      thisUpdate: new Date(now.getTime() - BACKDATED_MS),
      nextUpdate: new Date(now.getTime() + NEXT_UPDATE_MS),
      uri: this.door.crlUri(authority.id),
      revoked: revoked.map(({ serial, state, reasonCode, since }) => ({
        serial,
        at: since,
        reason: state === 'on_hold' ? 'certificateHold' : asReason(reasonCode),
      })),
    });
  }
}

const asReason = (code: string | null): CrlReason =>
  code !== null && Object.hasOwn(crlReasonCodes, code) ? (code as CrlReason) : 'unspecified';
