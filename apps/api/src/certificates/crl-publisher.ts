import { crlLists } from '@muster/domain/certificates/crl-shard';
import { crlStore } from '@muster/persistence/certificates/crl.store';
import { Database } from '@muster/persistence/database';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import { crlPem } from '@muster/pki/crl/write-crl';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Inject, Injectable } from '@nestjs/common';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { CrlBuilder } from './crl-builder.js';

/** How far behind the registry a list fetched by URL may be; anyone may ask, so not every request looks. */
const FRESH_MS = 1_000;

/** A published list. */
export interface ServedList {
  readonly number: number;
  readonly der: Buffer;
}

/**
 * Serves the published revocation lists and has them built. Every process reads the same lists from the database, so a
 * number once served is never followed by a lower one.
 */
@Injectable()
export class CrlPublisher {
  readonly #builder: CrlBuilder;
  readonly #served = new Map<string, ServedList>();
  readonly #looked = new Map<string, { readonly at: number; readonly done: Promise<void> }>();

  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) settings: Pick<Settings, 'mqttUrl'>,
  ) {
    this.#builder = new CrlBuilder(database, door, clock, settings.mqttUrl !== undefined);
  }

  /**
   * The list at one address, at most a second behind the registry; undefined when there is none. Without a shard it is the
   * list of everything, which is the only one of an authority that has one.
   * @throws Refusal unavailable when the list is past its end and cannot be signed anew
   */
  async fetch(authorityId: string, shard?: number): Promise<ServedList | undefined> {
    const row = await this.database.system((tx) => authorityStore.find(tx, authorityId));
    if (row === null) return undefined;
    const lists = crlLists(row.crlShards);
    const known = shard === undefined || (row.crlShards > 1 && lists.includes(shard));
    return known ? this.#read(row, shard ?? lists[0]!, () => this.#look(row)) : undefined;
  }

  /** Every list a broker needs, brought up to date now, as one PEM file. */
  async bundle(): Promise<string> {
    return this.#bundle((row) => this.#builder.refresh(row));
  }

  /** As `bundle`, at most a second behind: anyone may ask for it. */
  cachedBundle(): Promise<string> {
    return this.#bundle((row) => this.#look(row));
  }

  async #bundle(refresh: (row: AuthorityRow) => Promise<void>): Promise<string> {
    const rows = await this.door.hierarchy.listTrusted();
    const lists: string[] = [];
    let ended: Refusal | null = null;
    for (const row of rows) {
      // Claim certificates and servers' are no business of a broker, but their lists stay fresh with the others.
      const forBrokers = row.kind === 'device' || row.kind === 'service' || row.kind === 'root';
      const failure = await refresh(row).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (!forBrokers) continue;
      for (const shard of crlLists(row.crlShards)) {
        // One past its end locks out the devices of its authority alone, as long as those of the others are renewed.
        const list = await this.#read(row, shard, () => Promise.resolve()).catch(refusalOf);
        if (list instanceof Refusal) ended = list;
        else if (list) lists.push(crlPem(list.der));
        else if (failure) throw failure.error;
      }
    }
    if (lists.length === 0 && ended) throw ended;
    return lists.join('');
  }

  /** A list that is not past its end; looks for a newer one before. */
  async #read(row: AuthorityRow, shard: number, look: () => Promise<void>): Promise<ServedList | undefined> {
    const failure = await look().then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const now = this.clock.now();
    return this.database.system(async (tx) => {
      const published = await crlStore.find(tx, row.id, shard);
      // Past its end a list would lock out everyone who is let in by it.
      if (published === null || published.nextUpdate <= now) {
        if (failure) throw failure.error;
        if (published) throw new Refusal('unavailable', 'The revocation list is past its end.');
        return undefined;
      }
      const place = `${row.id}/${shard}`;
      const known = this.#served.get(place);
      if (known && known.number >= published.number) return known;
      const list = await crlStore.der(tx, row.id, shard);
      if (list) this.#served.set(place, list);
      return list ?? undefined;
    });
  }

  #look(row: AuthorityRow): Promise<void> {
    const at = this.clock.monotonic();
    const known = this.#looked.get(row.id);
    if (known && at - known.at < FRESH_MS) return known.done;
    const done = this.#builder.refresh(row);
    this.#looked.set(row.id, { at, done });
    done.catch(() => this.#looked.delete(row.id));
    return done;
  }
}

const refusalOf = (fault: unknown): Refusal => {
  if (fault instanceof Refusal) return fault;
  throw fault;
};
