import type { FreezeFacts } from '@muster/domain/campaigns/offerable-sites';
import type { Tx } from '../transaction.js';

export interface FreezeRow extends FreezeFacts {
  readonly id: string;
  readonly startsAt: Date;
  readonly createdBy: string;
  readonly createdAt: Date;
}

const columns = `id, name, starts_at as "startsAt", ends_at as "endsAt", sites, created_by as "createdBy",
  created_at as "createdAt"`;

export const freezeStore = {
  /** The next to end first; with `past` those that are over, the last to end first. `after` is the last one shown. */
  list(
    tx: Tx,
    past: boolean,
    after: readonly [endsAt: string, id: string] | null,
    limit: number,
    now: Date,
  ): Promise<FreezeRow[]> {
    const [condition, order, beyond] = past
      ? ['ends_at <= $2', 'ends_at desc, id desc', '<']
      : ['ends_at > $2', 'ends_at, id', '>'];
    return tx.query<FreezeRow>(
      `select ${columns} from freezes where tenant_id = $1 and ${condition}
         and ($3::timestamptz is null or (ends_at, id) ${beyond} ($3, $4::uuid))
       order by ${order} limit $5`,
      [tx.tenantId, now, after?.[0] ?? null, after?.[1] ?? null, limit],
    );
  },

  /** Those that hold now. */
  active(tx: Tx, now: Date): Promise<FreezeRow[]> {
    return tx.query<FreezeRow>(
      `select ${columns} from freezes where tenant_id = $1 and ends_at > $2 and starts_at <= $2 order by ends_at desc`,
      [tx.tenantId, now],
    );
  },

  async insert(tx: Tx, freeze: Omit<FreezeRow, 'createdAt'>, now: Date): Promise<FreezeRow> {
    const [row] = await tx.query<FreezeRow>(
      `insert into freezes (tenant_id, id, name, starts_at, ends_at, sites, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${columns}`,
      [tx.tenantId, freeze.id, freeze.name, freeze.startsAt, freeze.endsAt, freeze.sites, freeze.createdBy, now],
    );
    return row!;
  },

  async remove(tx: Tx, id: string): Promise<FreezeRow | null> {
    const [row] = await tx.query<FreezeRow>(
      `delete from freezes where tenant_id = $1 and id = $2 returning ${columns}`,
      [tx.tenantId, id],
    );
    return row ?? null;
  },

  /** Of these names, those no site of the tenant has. */
  async unknownSites(tx: Tx, names: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ name: string }>(
      `select n.name from unnest($2::text[]) with ordinality as n(name, at)
       where not exists (select from sites s where s.tenant_id = $1 and s.name = n.name) order by n.at`,
      [tx.tenantId, names],
    );
    return rows.map((row) => row.name);
  },
};
