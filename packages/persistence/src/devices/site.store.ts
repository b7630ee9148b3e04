import type { Tx } from '../transaction.js';

export interface SiteRow {
  readonly name: string;
  readonly region: string | null;
  readonly timezone: string;
  readonly devices: number;
}

const columns = `p.name, p.region, p.timezone, (select count(*)::int from devices d
  where d.tenant_id = p.tenant_id and d.site = p.name and d.state <> 'decommissioned') as devices`;

/** Places devices stand at, each with a clock of its own. They come into being with the first device that names them. */
export const siteStore = {
  list(tx: Tx): Promise<SiteRow[]> {
    return tx.query<SiteRow>(`select ${columns} from sites p where p.tenant_id = $1 order by p.name`, [tx.tenantId]);
  },

  /** The site, locked until the transaction ends. */
  async lock(tx: Tx, name: string): Promise<SiteRow | null> {
    const [row] = await tx.query<SiteRow>(
      `select ${columns} from sites p where p.tenant_id = $1 and p.name = $2 for update of p`,
      [tx.tenantId, name],
    );
    return row ?? null;
  },

  async change(tx: Tx, name: string, to: { timezone: string; region: string | null }): Promise<void> {
    await tx.execute('update sites set timezone = $3, region = $4 where tenant_id = $1 and name = $2', [
      tx.tenantId,
      name,
      to.timezone,
      to.region,
    ]);
  },
};
