import type { Tx } from '../transaction.js';

/** Certificates that open sessions, by the weeks in which they end and in which their renewal windows open. */
export interface CensusGroup {
  /** Weeks after the first one asked for; what is before it is negative. */
  readonly ends: number;
  readonly opens: number;
  readonly live: number;
}

export interface Census {
  readonly live: number;
  /** Where 30 days and a third of the life are left, or less; since when for the first. */
  readonly expiring: { readonly count: number; readonly since: Date | null };
  /** Two thirds of the life are over. */
  readonly overdue: { readonly count: number; readonly since: Date | null };
  readonly groups: readonly CensusGroup[];
}

interface Row extends CensusGroup {
  readonly expiring: number;
  readonly expiringSince: number | null;
  readonly overdue: number;
  readonly overdueSince: number | null;
}

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;

/**
 * Certificates in numbers. One pass over an index that holds all it needs: `tenantId` is given also within a tenant's
 * transaction, so that it is a condition of that index, and null counts every tenant in a system transaction.
 */
export const censusStore = {
  async take(tx: Tx, tenantId: string | null, firstWeek: Date, now: Date): Promise<Census> {
    const rows = await tx.query<Row>(
      `select floor((e - $1) / ${WEEK_S})::int as ends, floor(((e + b) / 2 - $1) / ${WEEK_S})::int as opens,
         (count(*) filter (where e > $2))::int as live,
         (count(*) filter (where e > $2 and e - $2 <= least(${30 * DAY_S}, (e - b) / 3)))::int as expiring,
         min(e - least(${30 * DAY_S}, (e - b) / 3)) filter (where e > $2 and e - $2 <= least(${30 * DAY_S}, (e - b) / 3)) as "expiringSince",
         (count(*) filter (where e > $2 and e - $2 <= (e - b) / 3))::int as overdue,
         min(e - (e - b) / 3) filter (where e > $2 and e - $2 <= (e - b) / 3) as "overdueSince"
       from (
         select date_part('epoch', not_after) as e, date_part('epoch', not_before) as b from certificates
         where ($3::text is null or tenant_id = $3) and state in ('issued', 'active') offset 0) c
       group by 1, 2`,
      [firstWeek.getTime() / 1000, now.getTime() / 1000, tenantId],
    );
    const { expiring, overdue } = await renewedUnused(tx, tenantId, now);
    const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
    return {
      live: sum((row) => row.live),
      expiring: late(
        sum((row) => row.expiring) - expiring,
        rows.map((row) => row.expiringSince),
      ),
      overdue: late(
        sum((row) => row.overdue) - overdue,
        rows.map((row) => row.overdueSince),
      ),
      groups: rows.map(({ ends, opens, live }) => ({ ends, opens, live })),
    };
  },
};

const late = (count: number, since: readonly (number | null)[]) => {
  const known = since.filter((at) => at !== null);
  return {
    count: Math.max(0, count),
    since: count > 0 && known.length > 0 ? new Date(Math.min(...known) * 1000) : null,
  };
};

/** Late ones whose device has a newer certificate that it has not used yet: it has renewed. */
const renewedUnused = async (
  tx: Tx,
  tenantId: string | null,
  now: Date,
): Promise<{ expiring: number; overdue: number }> => {
  const left = '(c.not_after - $1::timestamptz)';
  const third = '(c.not_after - c.not_before) / 3';
  const [row] = await tx.query<{ expiring: number; overdue: number }>(
    `select (count(distinct c.id) filter (where ${left} <= least(interval '30 days', ${third})))::int as expiring,
       (count(distinct c.id) filter (where ${left} <= ${third}))::int as overdue
     from certificates n join certificates c on c.tenant_id = n.tenant_id and c.device_id = n.device_id and c.state = 'active'
       and c.created_at < n.created_at and c.not_after > $1
     where n.state = 'issued' and n.not_after > c.not_after and ($2::text is null or n.tenant_id = $2)`,
    [now, tenantId],
  );
  return row!;
};
