import type { Tx } from '../transaction.js';

export interface RevocationRow {
  readonly certificateId: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly revokedAt: Date;
  readonly sessionCutAt: Date | null;
  readonly refusedAt: Date | null;
}

const REVOCATIONS = 10;

/** A tenant's certificates at a glance, beside the census. */
export const overviewStore = {
  /** Devices that belong to the fleet. */
  async devices(tx: Tx, tenantId: string): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from devices where tenant_id = $1
         and state in ('pre_registered', 'pending_approval', 'active', 'maintenance', 'quarantined')`,
      [tenantId],
    );
    return row!.n;
  },

  /** How enrolments of the last day ended. */
  async enrollments(tx: Tx, tenantId: string, now: Date): Promise<{ issued: number; refused: number }> {
    const [row] = await tx.query<{ issued: number; refused: number }>(
      `select coalesce(sum(n) filter (where code = 'issued'), 0)::int as issued,
         coalesce(sum(n) filter (where code not in ('issued', 'pending')), 0)::int as refused
       from enrollment_minutes where tenant_id = $1 and minute > $2::timestamptz - interval '1 day'`,
      [tenantId, now],
    );
    return row!;
  },

  /** The newest first. What was revoked because a newer one took its place cut off nobody. */
  revocations(tx: Tx, tenantId: string): Promise<RevocationRow[]> {
    return tx.query<RevocationRow>(
      `select c.id as "certificateId", c.device_id as "deviceId", d.name as "deviceName", c.revoked_at as "revokedAt",
         c.session_cut_at as "sessionCutAt", coalesce(c.refusal_proven_at, c.handshake_refused_at) as "refusedAt"
       from certificates c join devices d on d.tenant_id = c.tenant_id and d.id = c.device_id
       where c.tenant_id = $1 and c.state = 'revoked' and c.reason_code is distinct from 'superseded' and c.revoked_at is not null
       order by c.revoked_at desc limit ${REVOCATIONS}`,
      [tenantId],
    );
  },
};
