import type { Tx } from '../transaction.js';

/** Certificates of one authority in one tenant, by whether they still open sessions. */
export interface AuthorityCount {
  readonly authorityId: string;
  readonly live: number;
  readonly revoked: number;
}

/** A revocation list as it was published, without its content. */
export interface PublishedList {
  readonly authorityId: string;
  readonly shard: number;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entries: number;
  readonly bytes: number;
}

/** Authorities in numbers. */
export const authorityCountsStore = {
  /** In a tenant's transaction: those of its devices. */
  list(tx: Tx, now: Date): Promise<AuthorityCount[]> {
    return tx.query<AuthorityCount>(
      `select authority_id as "authorityId",
         (count(*) filter (where state in ('issued', 'active', 'superseded', 'on_hold') and not_after > $1))::int as live,
         (count(*) filter (where state = 'revoked'))::int as revoked
       from certificates group by authority_id`,
      [now],
    );
  },

  lists(tx: Tx, authorityIds: readonly string[]): Promise<PublishedList[]> {
    return tx.query<PublishedList>(
      `select authority_id as "authorityId", shard, number, this_update as "thisUpdate", next_update as "nextUpdate",
         entries, octet_length(der) as bytes
       from crls where authority_id = any($1::uuid[]) order by shard`,
      [authorityIds],
    );
  },
};
