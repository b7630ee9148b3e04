import type { TrustFinding } from '@muster/contracts/trust/trust.schema';
import type { Tx } from '../transaction.js';

type Named = Pick<TrustFinding, 'kind' | 'subject'>;

/** Findings that are open: what was found at the last look. Needs a system transaction. */
export const openFindingsStore = {
  /** Makes `found` what is open of a tenant; returns what was not open before, and what is no longer. */
  async replace(
    tx: Tx,
    tenantId: string,
    found: readonly TrustFinding[],
    now: Date,
  ): Promise<{ opened: TrustFinding[]; closed: Named[] }> {
    const known = await tx.query<Named>('select kind, subject from trust_findings where tenant_id = $1 for update', [
      tenantId,
    ]);
    const keyOf = ({ kind, subject }: Named): string => `${kind} ${subject}`;
    const [before, after] = [new Set(known.map(keyOf)), new Set(found.map(keyOf))];
    const closed = known.filter((one) => !after.has(keyOf(one)));
    await tx.execute(
      `delete from trust_findings f using unnest($2::text[], $3::text[]) c(kind, subject)
       where f.tenant_id = $1 and f.kind = c.kind and f.subject = c.subject`,
      [tenantId, closed.map(({ kind }) => kind), closed.map(({ subject }) => subject)],
    );
    await tx.execute(
      `insert into trust_findings (tenant_id, kind, subject, since, count, found_at)
       select $1, f.kind, f.subject, f.since, f.count, $2
       from unnest($3::text[], $4::text[], $5::timestamptz[], $6::int[]) f(kind, subject, since, count)
       on conflict (tenant_id, kind, subject) do update set since = excluded.since, count = excluded.count, found_at = excluded.found_at`,
      [
        ...[tenantId, now, found.map(({ kind }) => kind), found.map(({ subject }) => subject)],
        ...[found.map(({ since }) => since), found.map(({ count }) => count)],
      ],
    );
    return { opened: found.filter((one) => !before.has(keyOf(one))), closed };
  },

  /** Over all tenants, by kind: what they are about, counted. */
  async counts(tx: Tx): Promise<Map<string, number>> {
    const rows = await tx.query<{ kind: string; count: number }>(
      'select kind, sum(count)::int as count from trust_findings group by kind',
    );
    return new Map(rows.map(({ kind, count }) => [kind, count]));
  },
};
