import type { Tx } from '../transaction.js';

/** How a bundle is received: devices seen in the last 30 days, and those of them that acknowledged it or a later one. */
export interface Reception {
  readonly seen: number;
  readonly acknowledged: number;
}

export interface StragglerRow {
  readonly deviceId: string;
  readonly name: string;
  readonly bundle: number;
  readonly lastSeenAt: Date | null;
  readonly presence: string;
}

const SEEN_DAYS = 30;
const MAX_INT = 2 ** 31 - 1;
const devices = 'devices d join device_state s on s.device_key = d.device_key';

/** Devices that count: they came within 30 days and still belong to the fleet. `$2` is the time. */
const seenLately = `s.last_seen_at >= $2::timestamptz - interval '${SEEN_DAYS} days'
  and d.state not in ('decommissioned', 'decommissioning', 'pre_registered', 'pending_approval')`;

/** Which bundle each device acknowledged last. */
export const acknowledgementStore = {
  /**
   * Records what a device says it trusts; false when that is nothing new. A number that was never made says nothing: a
   * device cannot acknowledge what is yet to come.
   */
  async record(tx: Tx, tenantId: string, deviceId: string, bundle: number, at: Date): Promise<boolean> {
    if (bundle > MAX_INT) return false;
    const changed = await tx.execute(
      `insert into trust_acknowledgements (tenant_id, device_id, bundle, at)
       select $1, $2, $3, $4 where exists (select from trust_bundles where tenant_id = $1 and number = $3)
       on conflict (tenant_id, device_id) do update set bundle = excluded.bundle, at = excluded.at
         where trust_acknowledgements.bundle < excluded.bundle`,
      [tenantId, deviceId, bundle, at],
    );
    return changed > 0;
  },

  async reception(tx: Tx, tenantId: string, bundle: number, now: Date): Promise<Reception> {
    const [row] = await tx.query<Reception>(
      `select count(*)::int as seen, (count(*) filter (where a.bundle >= $3))::int as acknowledged
       from ${devices} left join trust_acknowledgements a on a.tenant_id = d.tenant_id and a.device_id = d.id
       where d.tenant_id = $1 and ${seenLately}`,
      [tenantId, now, bundle],
    );
    return row!;
  },

  /** As `reception` for many bundles with one look at the fleet, in the order of `bundles`. */
  async receptions(tx: Tx, tenantId: string, bundles: readonly number[], now: Date): Promise<Reception[]> {
    const rows = await tx.query<{ bundle: number; devices: number }>(
      `select coalesce(a.bundle, 0) as bundle, count(*)::int as devices
       from ${devices} left join trust_acknowledgements a on a.tenant_id = d.tenant_id and a.device_id = d.id
       where d.tenant_id = $1 and ${seenLately} group by 1`,
      [tenantId, now],
    );
    const from = (bundle: number) => rows.reduce((sum, row) => (row.bundle >= bundle ? sum + row.devices : sum), 0);
    return bundles.map((bundle) => ({ seen: from(0), acknowledged: from(bundle) }));
  },

  /** As `reception`, of those devices only that take bundles at all: that have acknowledged one before. */
  async receptionOfTakers(tx: Tx, tenantId: string, bundle: number, now: Date): Promise<Reception> {
    const [row] = await tx.query<Reception>(
      `select count(*)::int as seen, (count(*) filter (where a.bundle >= $3))::int as acknowledged
       from ${devices} join trust_acknowledgements a on a.tenant_id = d.tenant_id and a.device_id = d.id
       where d.tenant_id = $1 and ${seenLately}`,
      [tenantId, now, bundle],
    );
    return row!;
  },

  /**
   * Over all tenants, each by its own first bundle that names the root (SHA-256, hex); devices of a tenant without such a
   * bundle have not acknowledged it.
   */
  async receptionOfRoot(tx: Tx, root: string, now: Date): Promise<Reception> {
    const [row] = await tx.query<Reception>(
      `select count(*)::int as seen, (count(*) filter (where a.bundle >= b.number))::int as acknowledged
       from ${devices}
       left join (select tenant_id, min(number) as number from trust_bundles where $1 = any(roots) group by tenant_id) b
         on b.tenant_id = d.tenant_id
       left join trust_acknowledgements a on a.tenant_id = d.tenant_id and a.device_id = d.id
       where ${seenLately}`,
      [root, now],
    );
    return row!;
  },

  /** Devices seen lately that have not acknowledged `bundle`, by id after `after`. */
  stragglers(
    tx: Tx,
    tenantId: string,
    bundle: number,
    page: { readonly now: Date; readonly after: string | null; readonly limit: number },
  ): Promise<StragglerRow[]> {
    return tx.query<StragglerRow>(
      `select d.id as "deviceId", d.name, coalesce(a.bundle, 0) as bundle, s.last_seen_at as "lastSeenAt", s.presence
       from ${devices} left join trust_acknowledgements a on a.tenant_id = d.tenant_id and a.device_id = d.id
       where d.tenant_id = $1 and ${seenLately} and coalesce(a.bundle, 0) < $3 and ($4::uuid is null or d.id > $4)
       order by d.id limit $5`,
      [tenantId, page.now, bundle, page.after, page.limit],
    );
  },

  /** Connected devices behind `bundle`, by id after `after`: who is to be told now. */
  async listBehind(tx: Tx, bundle: number, after: string | null, limit: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }>(
      `select d.id from ${devices}
       left join trust_acknowledgements a on a.tenant_id = d.tenant_id and a.device_id = d.id
       where s.presence = 'online' and coalesce(a.bundle, 0) < $1 and ($2::uuid is null or d.id > $2)
       order by d.id limit $3`,
      [bundle, after, limit],
    );
    return rows.map(({ id }) => id);
  },
};
