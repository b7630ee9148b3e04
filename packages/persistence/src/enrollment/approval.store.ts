import type { approvalKinds, approvalStates } from '@muster/contracts/enrollment/approvals.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export type ApprovalState = (typeof approvalStates)[number];
export type ApprovalKind = (typeof approvalKinds)[number];

export interface NewApprovalRow {
  readonly kind: ApprovalKind;
  /** The batch or manufacturer; the certificate that ended for a late renewal. */
  readonly sourceId: string | null;
  readonly model: string;
  readonly serial: string;
  readonly name: string | null;
  readonly deviceId: string | null;
  /** SHA-256 of the subject public key info, hex. */
  readonly keyHash: string;
  readonly keyAlgorithm: string;
  /** What the device said of itself. */
  readonly claim: Readonly<Record<string, unknown>>;
  /** SHA-256 of the request's DER, hex: a changed request is another question. */
  readonly requestHash: string;
  readonly address: string | null;
  readonly expiresAt: Date;
}

export interface ApprovalRow extends NewApprovalRow {
  readonly id: string;
  readonly tenantId: string;
  readonly state: ApprovalState;
  /** The name of the batch or manufacturer. */
  readonly via: string | null;
  readonly createdAt: Date;
  readonly lastAskedAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly reason: string | null;
}

export interface Decision {
  readonly state: 'approved' | 'rejected';
  readonly decidedBy: string;
  readonly reason: string | null;
  readonly expiresAt: Date;
}

const columns = `a.id, a.tenant_id as "tenantId", a.state, a.kind, a.source_id as "sourceId", a.model, a.serial, a.name,
  a.device_id as "deviceId", a.key_hash as "keyHash", a.key_algorithm as "keyAlgorithm", a.claim,
  a.request_hash as "requestHash", a.address, a.created_at as "createdAt", a.last_asked_at as "lastAskedAt",
  a.expires_at as "expiresAt", a.decided_by as "decidedBy", a.decided_at as "decidedAt", a.reason,
  coalesce((select b.name from claim_batches b where a.kind = 'claim' and b.tenant_id = a.tenant_id and b.id = a.source_id),
    (select m.name from manufacturers m where a.kind = 'manufacturer' and m.tenant_id = a.tenant_id and m.id = a.source_id))
    as via`;

/** Devices that wait for a person. One open question a request: the unique index guards it. */
export const approvalStore = {
  /** Keeps others from asking in this tenant until the transaction ends, so that the length of the queue holds. */
  async lockQueue(tx: Tx): Promise<void> {
    await tx.execute(`select pg_advisory_xact_lock(hashtextextended('approvals/' || $1::text, 0))`, [tx.tenantId]);
  },

  /** Questions nobody answered in time, and answers nobody fetched. Returns how many ended. */
  expire(tx: Tx, now: Date): Promise<number> {
    return tx.execute(
      `update approvals set state = 'expired' where tenant_id = $1 and state in ('pending', 'approved') and expires_at <= $2`,
      [tx.tenantId, now],
    );
  },

  async countPending(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from approvals where tenant_id = $1 and state = 'pending'`,
      [tx.tenantId],
    );
    return row!.n;
  },

  async insert(tx: Tx, approval: NewApprovalRow, now: Date): Promise<ApprovalRow> {
    const [row] = await tx.query<ApprovalRow>(
      `insert into approvals as a (tenant_id, id, kind, source_id, model, serial, name, device_id, key_hash, key_algorithm,
         claim, request_hash, address, created_at, last_asked_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15) returning ${columns}`,
      [
        tx.tenantId,
        uuidv7(),
        approval.kind,
        approval.sourceId,
        approval.model,
        approval.serial,
        approval.name,
        approval.deviceId,
        approval.keyHash,
        approval.keyAlgorithm,
        JSON.stringify(approval.claim),
        approval.requestHash,
        approval.address,
        now,
        approval.expiresAt,
      ],
    );
    return row!;
  },

  /** The newest question of this request, whatever became of it. */
  async findByRequest(tx: Tx, requestHash: string): Promise<ApprovalRow | null> {
    const [row] = await tx.query<ApprovalRow>(
      `select ${columns} from approvals a where a.request_hash = $1 order by a.id desc limit 1`,
      [requestHash],
    );
    return row ?? null;
  },

  async lock(tx: Tx, id: string): Promise<ApprovalRow | null> {
    const [row] = await tx.query<ApprovalRow>(`select ${columns} from approvals a where a.id = $1 for update of a`, [
      id,
    ]);
    return row ?? null;
  },

  async find(tx: Tx, id: string): Promise<ApprovalRow | null> {
    const [row] = await tx.query<ApprovalRow>(`select ${columns} from approvals a where a.id = $1`, [id]);
    return row ?? null;
  },

  /** Newest first (ids sort by time), older than `beforeId`. */
  list(tx: Tx, state: ApprovalState | null, beforeId: string | null, limit: number): Promise<ApprovalRow[]> {
    return tx.query<ApprovalRow>(
      `select ${columns} from approvals a where ($1::text is null or a.state = $1) and ($2::uuid is null or a.id < $2)
       order by a.id desc limit $3`,
      [state, beforeId, limit],
    );
  },

  /** Asked again: `deviceId` is the device whose place it would take now. An answer that was given meanwhile stays. */
  async touch(
    tx: Tx,
    id: string,
    { address, deviceId }: { readonly address: string | null; readonly deviceId: string | null },
    now: Date,
  ): Promise<void> {
    await tx.execute(
      `update approvals set last_asked_at = $4, address = coalesce($2, address),
         device_id = case when state = 'pending' then $3 else device_id end
       where id = $1`,
      [id, address, deviceId, now],
    );
  },

  /** The caller holds the lock and has seen it pending. */
  async decide(tx: Tx, id: string, decision: Decision, now: Date): Promise<ApprovalRow> {
    const [row] = await tx.query<ApprovalRow>(
      `update approvals a set state = $2, decided_by = $3, decided_at = $4, reason = $5, expires_at = $6
       where a.id = $1 returning ${columns}`,
      [id, decision.state, decision.decidedBy, now, decision.reason, decision.expiresAt],
    );
    return row!;
  },

  /** Whether a person turned this key away: it stays out by whatever credential it comes. */
  async isRejected(tx: Tx, keyHash: string): Promise<boolean> {
    const rows = await tx.query(`select 1 from approvals where key_hash = $1 and state = 'rejected' limit 1`, [
      keyHash,
    ]);
    return rows.length > 0;
  },
};
