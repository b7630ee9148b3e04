import type { Tx } from '../transaction.js';

/** A revocation list as it was published, the newest of its authority and shard. */
export interface CrlRow {
  readonly authorityId: string;
  readonly shard: number;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entries: number;
  /** Stands for what it names: another digest is another list. */
  readonly digest: string;
}

/** What a list names. */
export interface ListedRow {
  readonly serial: string;
  readonly reasonCode: string | null;
  readonly onHold: boolean;
  /** Seconds since 1970: a Date for each of 50,000 rows would be most of the work. */
  readonly since: number;
}

/** A certificate whose key we hold, revoked in the list of this number. */
export interface CrlProbe {
  readonly serial: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly at: Date;
  readonly notAfter: Date;
}

const columns = `authority_id as "authorityId", shard, number, this_update as "thisUpdate", next_update as "nextUpdate",
  entries, digest`;

/** Revoked or on hold, and not past its end yet (RFC 5280 3.3): devices, and the claim certificates of batches. */
const listed = `(
  select authority_id, serial, state, reason_code, since, not_after from certificates where state in ('revoked', 'on_hold')
  union all
  select authority_id, serial, 'revoked', 'cessationOfOperation', revoked_at, expires_at from claim_batches
   where revoked_at is not null) c`;
/** The shard by the serial's last byte, as `crlShard` in domain. */
const shardOf = (shards: string) => `(('x' || right(c.serial, 2))::bit(8)::int & (${shards} - 1))`;

/** Revocation lists and what they say. Everything runs in a system transaction. */
export const crlStore = {
  /** Serialises whoever builds lists of this authority, over all processes, to the end of the transaction. */
  async lockBuilding(tx: Tx, authorityId: string): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('muster.crl'), hashtext($1))`, [authorityId]);
  },

  /** For each shard of an authority that would name anything: how much, and a digest of it. */
  digests(
    tx: Tx,
    authorityId: string,
    shards: number,
    now: Date,
  ): Promise<{ shard: number; entries: number; digest: string }[]> {
    return tx.query(
      `select ${shardOf('$2::int')} as shard, count(*)::int as entries,
         bit_xor(hashtextextended(c.serial || c.state || coalesce(c.reason_code, ''), date_part('epoch', c.since)::bigint))::text
           as digest
       from ${listed} where c.authority_id = $1 and c.not_after > $3 group by 1`,
      [authorityId, shards, now],
    );
  },

  /** Reads what one shard names (`shard` of `shards`), a page at a time from one snapshot, so that nothing stalls over all. */
  async *read(
    tx: Tx,
    list: { authorityId: string; shard: number; shards: number; now: Date },
    pageSize: number,
  ): AsyncGenerator<ListedRow[]> {
    const { authorityId, shard, shards, now } = list;
    await tx.execute(
      `declare crl no scroll cursor for
       select c.serial, c.reason_code as "reasonCode", c.state = 'on_hold' as "onHold",
         date_part('epoch', c.since)::bigint as since
       from ${listed} where c.authority_id = $1 and c.not_after > $2 and ${shardOf('$3::int')} = $4`,
      [authorityId, now, shards, shard],
    );
    for (let full = true; full; ) {
      const rows = await tx.query<ListedRow>(`fetch ${pageSize} from crl`);
      full = rows.length === pageSize;
      yield rows;
    }
    await tx.execute('close crl');
  },

  /** Certificates of authorities that are retired, whichever root made them, and what this root certified for another. */
  async listRetired(tx: Tx, rootId: string): Promise<{ certificatePem: string; since: Date }[]> {
    return tx.query(
      `select certificate_pem as "certificatePem", since from authorities where state = 'retired' and kind <> 'root'
       union all
       select x.certificate_pem, a.since from cross_certificates x join authorities a on a.id = x.subject_id
       where x.issuer_id = $1 and a.state = 'retired' order by 2`,
      [rootId],
    );
  },

  listOf(tx: Tx, authorityIds: readonly string[]): Promise<CrlRow[]> {
    return tx.query<CrlRow>(`select ${columns} from crls where authority_id = any($1::uuid[]) order by shard`, [
      authorityIds,
    ]);
  },

  async find(tx: Tx, authorityId: string, shard: number): Promise<CrlRow | null> {
    const [row] = await tx.query<CrlRow>(`select ${columns} from crls where authority_id = $1 and shard = $2`, [
      authorityId,
      shard,
    ]);
    return row ?? null;
  },

  async der(tx: Tx, authorityId: string, shard: number): Promise<{ number: number; der: Buffer } | null> {
    const [row] = await tx.query<{ number: number; der: Buffer }>(
      'select number, der from crls where authority_id = $1 and shard = $2',
      [authorityId, shard],
    );
    return row ?? null;
  },

  /** Publishes a list; one with a number that does not rise is not taken. */
  async put(tx: Tx, list: CrlRow & { readonly der: Buffer }): Promise<boolean> {
    const { authorityId, shard, number, der, thisUpdate, nextUpdate, entries, digest } = list;
    const put = await tx.execute(
      `insert into crls (authority_id, shard, number, der, this_update, next_update, entries, digest)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (authority_id, shard) do update set number = excluded.number, der = excluded.der,
         this_update = excluded.this_update, next_update = excluded.next_update, entries = excluded.entries,
         digest = excluded.digest
       where crls.number < excluded.number`,
      [authorityId, shard, number, der, thisUpdate, nextUpdate, entries, digest],
    );
    return put === 1;
  },

  /** Lists of shards an authority no longer has are never renewed, and so not served either. */
  async dropOthers(tx: Tx, authorityId: string, shards: readonly number[]): Promise<void> {
    await tx.execute('delete from crls where authority_id = $1 and shard <> all($2::int[])', [authorityId, shards]);
  },

  async addProbe(tx: Tx, authorityId: string, shard: number, number: number, probe: CrlProbe): Promise<void> {
    await tx.execute(
      `insert into crl_probes (authority_id, shard, number, serial, certificate_pem, key_pem, at, not_after)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [authorityId, shard, number, probe.serial, probe.certificatePem, probe.keyPem, probe.at, probe.notAfter],
    );
  },

  /** Probes that have not ended: each stays on the list, or its key would open a session. Ended ones are forgotten. */
  async liveProbes(tx: Tx, authorityId: string, shard: number, now: Date): Promise<{ serial: string; at: Date }[]> {
    await tx.execute('delete from crl_probes where authority_id = $1 and shard = $2 and not_after < $3', [
      authorityId,
      shard,
      now,
    ]);
    return tx.query('select serial, at from crl_probes where authority_id = $1 and shard = $2', [authorityId, shard]);
  },

  /** The probe of the newest list of this shard, when that list names `serial`; null when it does not or has none. */
  async probeOf(
    tx: Tx,
    authorityId: string,
    shard: number,
    serial: string,
  ): Promise<(CrlProbe & { number: number }) | null> {
    // 16 random octets occur in a list for one reason only.
    const [row] = await tx.query<CrlProbe & { number: number }>(
      `select p.number, p.serial, p.certificate_pem as "certificatePem", p.key_pem as "keyPem", p.at,
         p.not_after as "notAfter"
       from crls l join crl_probes p on p.authority_id = l.authority_id and p.shard = l.shard and p.number = l.number
       where l.authority_id = $1 and l.shard = $2 and position(decode($3, 'hex') in l.der) > 0`,
      [authorityId, shard, serial],
    );
    return row ?? null;
  },
};
