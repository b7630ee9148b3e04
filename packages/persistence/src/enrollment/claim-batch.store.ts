import type { unlistedSerials } from '@muster/contracts/enrollment/claims.schema';
import type { Tx } from '../transaction.js';

export interface NewClaimBatchRow {
  readonly id: string;
  readonly name: string;
  readonly quota: number;
  readonly hourlyQuota: number | null;
  readonly unlisted: (typeof unlistedSerials)[number];
  readonly class: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly model: string | null;
  readonly authorityId: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly pem: string;
  readonly createdBy: string;
  readonly expiresAt: Date;
}

export interface ClaimBatchRow extends NewClaimBatchRow {
  readonly labels: Record<string, string>;
  readonly enrolled: number;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** A batch with what is counted around it. */
export interface CountedBatchRow extends ClaimBatchRow {
  readonly enrolledLastHour: number;
  readonly pending: number;
  readonly listedSerials: number;
}

export interface ClaimSerialRow {
  readonly serial: string;
  readonly usedAt: Date | null;
  readonly deviceId: string | null;
}

const columns = `b.id, b.name, b.quota, b.hourly_quota as "hourlyQuota", b.enrolled, b.unlisted, b.class, b.site, b.labels,
  b.model, b.authority_id as "authorityId", b.serial, b.fingerprint, b.pem, b.created_by as "createdBy",
  b.created_at as "createdAt", b.expires_at as "expiresAt", b.revoked_at as "revokedAt"`;

const lastHour = (since: string) => `(select count(*)::int from certificates c
  where c.source = 'claim' and c.source_id = b.id and c.created_at > ${since}) as "enrolledLastHour"`;

const counted = `${columns}, ${lastHour(`$1::timestamptz - interval '1 hour'`)},
  (select count(*)::int from approvals a where a.tenant_id = b.tenant_id and a.kind = 'claim' and a.source_id = b.id
     and a.state = 'pending' and a.expires_at > $1) as pending,
  (select count(*)::int from claim_serials s where s.tenant_id = b.tenant_id and s.batch_id = b.id) as "listedSerials"`;

/** Claim batches and the serial numbers they let in. */
export const claimBatchStore = {
  async create(tx: Tx, batch: NewClaimBatchRow, now: Date): Promise<void> {
    await tx.execute(
      `insert into claim_batches (tenant_id, id, name, quota, hourly_quota, unlisted, class, site, labels, model,
         authority_id, serial, fingerprint, pem, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      [
        tx.tenantId,
        batch.id,
        batch.name,
        batch.quota,
        batch.hourlyQuota,
        batch.unlisted,
        batch.class,
        batch.site,
        JSON.stringify(batch.labels),
        batch.model,
        batch.authorityId,
        batch.serial,
        batch.fingerprint,
        batch.pem,
        batch.createdBy,
        now,
        batch.expiresAt,
      ],
    );
  },

  async find(tx: Tx, id: string, now: Date): Promise<CountedBatchRow | null> {
    const [row] = await tx.query<CountedBatchRow>(`select ${counted} from claim_batches b where b.id = $2`, [now, id]);
    return row ?? null;
  },

  /** Newest first (ids sort by time), older than `beforeId`. */
  list(tx: Tx, beforeId: string | null, limit: number, now: Date): Promise<CountedBatchRow[]> {
    return tx.query<CountedBatchRow>(
      `select ${counted} from claim_batches b where $2::uuid is null or b.id < $2 order by b.id desc limit $3`,
      [now, beforeId, limit],
    );
  },

  /** False when there is no such batch; revoking twice keeps the first time. */
  async revoke(tx: Tx, id: string, now: Date): Promise<boolean> {
    const sql = 'update claim_batches set revoked_at = coalesce(revoked_at, $2) where id = $1';
    return (await tx.execute(sql, [id, now])) === 1;
  },

  /** Serial numbers the batch has are left as they are; returns how many were new. */
  addSerials(tx: Tx, id: string, serials: readonly string[]): Promise<number> {
    return tx.execute(
      `insert into claim_serials (tenant_id, batch_id, serial) select $1, $2, unnest($3::text[]) on conflict do nothing`,
      [tx.tenantId, id, serials],
    );
  },

  /** In the order of the serial numbers, after `afterSerial`. */
  listSerials(tx: Tx, id: string, afterSerial: string | null, limit: number): Promise<ClaimSerialRow[]> {
    return tx.query<ClaimSerialRow>(
      `select serial, used_at as "usedAt", device_id as "deviceId" from claim_serials
       where batch_id = $1 and ($2::text is null or serial > $2) order by serial limit $3`,
      [id, afterSerial, limit],
    );
  },

  async isListed(tx: Tx, id: string, serial: string): Promise<boolean> {
    return (await tx.query('select 1 from claim_serials where batch_id = $1 and serial = $2', [id, serial])).length > 0;
  },

  /** Whose claim certificate this is, by SHA-256 of its DER. Needs a system transaction: the tenant is being asked. */
  async locate(tx: Tx, fingerprint: string): Promise<{ tenantId: string; id: string } | null> {
    const [row] = await tx.query<{ tenantId: string; id: string }>(
      'select tenant_id as "tenantId", id from claim_batches where fingerprint = $1',
      [fingerprint],
    );
    return row ?? null;
  },

  /** Locked to the end of the transaction, so that the quota holds whoever comes at the same time. */
  async lock(tx: Tx, id: string): Promise<ClaimBatchRow | null> {
    const [row] = await tx.query<ClaimBatchRow>(`select ${columns} from claim_batches b where b.id = $1 for update`, [
      id,
    ]);
    return row ?? null;
  },

  /** Certificates given out by the batch in the hour before `now`; exact while the caller holds the lock. */
  async countLastHour(tx: Tx, id: string, now: Date): Promise<number> {
    const [row] = await tx.query<{ enrolledLastHour: number }>(
      `select ${lastHour(`$1::timestamptz - interval '1 hour'`)} from claim_batches b where b.id = $2`,
      [now, id],
    );
    return row!.enrolledLastHour;
  },

  /** Counts one device; the caller holds the lock and has judged the batch. */
  async spend(tx: Tx, id: string, serial: string, deviceId: string, now: Date): Promise<void> {
    await tx.execute('update claim_batches set enrolled = enrolled + 1 where id = $1', [id]);
    await tx.execute(
      'update claim_serials set used_at = coalesce(used_at, $3), device_id = $4 where batch_id = $1 and serial = $2',
      [id, serial, now, deviceId],
    );
  },
};
