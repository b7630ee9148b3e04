import type { Tx } from '../transaction.js';

export interface BundleRow {
  readonly tenantId: string;
  readonly number: number;
  readonly jws: string;
  readonly reason: string;
  /** SHA-256 of each root's DER, lower-case hex. */
  readonly roots: string[];
  readonly kids: string[];
  readonly createdAt: Date;
}

const columns = 'tenant_id as "tenantId", number, jws, reason, roots, kids, created_at as "createdAt"';

/** Trust bundles by tenant and number. A row never changes: no number ever has two contents. */
export const bundleStore = {
  async newest(tx: Tx, tenantId: string): Promise<BundleRow | null> {
    const [row] = await tx.query<BundleRow>(
      `select ${columns} from trust_bundles where tenant_id = $1 order by number desc limit 1`,
      [tenantId],
    );
    return row ?? null;
  },

  async find(tx: Tx, tenantId: string, number: number): Promise<BundleRow | null> {
    const [row] = await tx.query<BundleRow>(
      `select ${columns} from trust_bundles where tenant_id = $1 and number = $2`,
      [tenantId, number],
    );
    return row ?? null;
  },

  /** Oldest first: each is signed by a key the one before it names, so a device walks them in this order. */
  after(tx: Tx, tenantId: string, number: number, limit: number): Promise<BundleRow[]> {
    return tx.query<BundleRow>(
      `select ${columns} from trust_bundles where tenant_id = $1 and number > $2 order by number limit $3`,
      [tenantId, number, limit],
    );
  },

  /** Newest first, those below `before` where it is given. */
  list(tx: Tx, tenantId: string, before: number | null, limit: number): Promise<BundleRow[]> {
    return tx.query<BundleRow>(
      `select ${columns} from trust_bundles where tenant_id = $1 and ($2::int is null or number < $2)
       order by number desc limit $3`,
      [tenantId, before, limit],
    );
  },

  /** Fails on a number that is taken. */
  async insert(tx: Tx, row: Omit<BundleRow, 'createdAt'>, now: Date): Promise<BundleRow> {
    const { tenantId, number, jws, reason, roots, kids } = row;
    await tx.execute(
      `insert into trust_bundles (tenant_id, number, jws, reason, roots, kids, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [tenantId, number, jws, reason, roots, kids, now],
    );
    await tx.execute(
      `update signing_keys set since_bundle = $2 where tenant_id = $1 and since_bundle is null and kid = any($3)`,
      [tenantId, number, kids],
    );
    return { ...row, createdAt: now };
  },
};
