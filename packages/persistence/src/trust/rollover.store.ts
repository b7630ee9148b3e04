import type { AuthorityKind } from '@muster/contracts/trust/trust.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface RolloverRow {
  readonly id: string;
  /** Null for one of the whole installation. */
  readonly tenantId: string | null;
  readonly kind: 'root' | 'device';
  readonly fromId: string;
  readonly toId: string;
  readonly state: 'open' | 'done' | 'rolled_back';
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly share: number;
  /** Number of the bundle that announced the new generation, in the tenant whose people asked for it; 0 before. */
  readonly bundle: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly version: number;
}

const columns = `id, tenant_id as "tenantId", kind, from_id as "fromId", to_id as "toId", state,
  reason_code as "reasonCode", reason_detail as "reasonDetail", since, share, bundle, created_by as "createdBy",
  created_at as "createdAt", version`;

/** Certificates that open sessions, or would once their device is let in again. */
const live = `c.state in ('issued', 'active', 'superseded', 'on_hold')`;

/** A device is in the first n of 100 by a hash of the rollover and its id: each wave holds the one before it. */
const inShare = (rollover: string, device: string, share: string): string =>
  `(('x' || substr(md5(${rollover}::text || ${device}::text), 1, 7))::bit(28)::int % 100) < ${share}`;

/** Rollovers of authorities. Everything here runs in a system transaction; readers name the tenant they read for. */
export const rolloverStore = {
  async insert(
    tx: Tx,
    rollover: Pick<RolloverRow, 'tenantId' | 'kind' | 'fromId' | 'toId' | 'createdBy'>,
    now: Date,
  ): Promise<RolloverRow> {
    const { tenantId, kind, fromId, toId, createdBy } = rollover;
    const [row] = await tx.query<RolloverRow>(
      `insert into rollovers (id, tenant_id, kind, from_id, to_id, created_by, created_at, since)
       values ($1, $2, $3, $4, $5, $6, $7, $7) returning ${columns}`,
      [uuidv7(), tenantId, kind, fromId, toId, createdBy, now],
    );
    return row!;
  },

  async open(tx: Tx, kind: AuthorityKind, tenantId: string | null): Promise<RolloverRow | null> {
    const [row] = await tx.query<RolloverRow>(
      `select ${columns} from rollovers where state = 'open' and kind = $1 and tenant_id is not distinct from $2`,
      [kind, tenantId],
    );
    return row ?? null;
  },

  /** Those of the tenant and of the installation. */
  async find(tx: Tx, tenantId: string, id: string): Promise<RolloverRow | null> {
    const [row] = await tx.query<RolloverRow>(
      `select ${columns} from rollovers where id = $2 and (tenant_id is null or tenant_id = $1)`,
      [tenantId, id],
    );
    return row ?? null;
  },

  /** Newest first, those before `before` (an id) where it is given. */
  list(tx: Tx, tenantId: string, before: string | null, limit: number): Promise<RolloverRow[]> {
    return tx.query<RolloverRow>(
      `select ${columns} from rollovers
       where (tenant_id is null or tenant_id = $1) and ($2::uuid is null or id < $2) order by id desc limit $3`,
      [tenantId, before, limit],
    );
  },

  async move(
    tx: Tx,
    id: string,
    change: Pick<RolloverRow, 'state' | 'share' | 'bundle'> & {
      readonly reasonCode?: string;
      readonly reasonDetail?: string;
    },
    now: Date,
  ): Promise<void> {
    await tx.execute(
      `update rollovers set state = $2, share = $3, bundle = $4, reason_code = $5, reason_detail = $6, since = $7,
         version = version + 1 where id = $1`,
      [id, change.state, change.share, change.bundle, change.reasonCode ?? null, change.reasonDetail ?? null, now],
    );
  },

  /** Live certificates of one authority that have not ended. */
  async countLive(tx: Tx, authorityId: string, now: Date): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `select count(*)::int as count from certificates c where c.authority_id = $1 and ${live} and c.not_after > $2`,
      [authorityId, now],
    );
    return row!.count;
  },

  /** Live certificates of devices by whether the device has acknowledged a bundle that names the root (SHA-256, hex). */
  async countByRoot(tx: Tx, root: string, now: Date): Promise<{ knowing: number; others: number }> {
    const [row] = await tx.query<{ knowing: number; others: number }>(
      `select (count(*) filter (where a.bundle >= b.number))::int as knowing,
         (count(*) filter (where coalesce(a.bundle >= b.number, false) is false))::int as others
       from certificates c
       left join (select tenant_id, min(number) as number from trust_bundles where $1 = any(roots) group by tenant_id) b
         on b.tenant_id = c.tenant_id
       left join trust_acknowledgements a on a.tenant_id = c.tenant_id and a.device_id = c.device_id
       where ${live} and c.not_after > $2`,
      [root, now],
    );
    return row!;
  },

  /**
   * Asks the next devices of the rollover's share to renew: those whose newest certificate is still of the old generation
   * and who were not asked. At most `limit`; returns who was asked. None once the rollover is over.
   */
  askRenewals(
    tx: Tx,
    rolloverId: string,
    now: Date,
    limit: number,
  ): Promise<{ tenantId: string; certificateId: string; deviceId: string }[]> {
    return tx.query(
      `with due as (
         select c.tenant_id, c.id from rollovers r join certificates c on c.authority_id = r.from_id
         where r.id = $1 and r.state = 'open' and r.kind = 'device' and r.share > 0
           and c.state in ('issued', 'active') and c.not_after > $2 and c.renew_requested_at is null
           and ${inShare('r.id', 'c.device_id', 'r.share')}
         order by c.id limit $3 for update of c skip locked)
       update certificates c set renew_requested_at = $2 from due
       where c.tenant_id = due.tenant_id and c.id = due.id
       returning c.tenant_id as "tenantId", c.id as "certificateId", c.device_id as "deviceId"`,
      [rolloverId, now, limit],
    );
  },

  /** Retiring generations that no open rollover keeps. */
  async listLeftBehind(tx: Tx): Promise<{ id: string; kind: AuthorityKind; tenantId: string | null; since: Date }[]> {
    return tx.query(
      `select a.id, a.kind, a.tenant_id as "tenantId", a.since from authorities a where a.state = 'retiring'
         and not exists (select from rollovers r where r.state = 'open' and a.id in (r.from_id, r.to_id))`,
    );
  },
};
