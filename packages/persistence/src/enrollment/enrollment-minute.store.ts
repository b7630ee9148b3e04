import type { Statements } from '../transaction.js';

export interface Outcome {
  /** Empty for who proved nothing, because nobody knows whose it was. */
  readonly tenantId: string;
  readonly minute: Date;
  /** A problem code, `issued` or `pending`. */
  readonly code: string;
  readonly n: number;
}

/** How enrolments ended, by the minute: bounded by tenants, codes and the days that are kept. */
export const enrollmentMinuteStore = {
  /** Adds to what is counted. Needs the system role. */
  async add(statements: Statements, outcomes: readonly Outcome[]): Promise<void> {
    await statements.prepared(
      'enrollment-minutes-add',
      `insert into enrollment_minutes (tenant_id, minute, code, n)
       select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[])
       on conflict (tenant_id, minute, code) do update set n = enrollment_minutes.n + excluded.n`,
      [
        outcomes.map(({ tenantId }) => tenantId),
        outcomes.map(({ minute }) => minute),
        outcomes.map(({ code }) => code),
        outcomes.map(({ n }) => n),
      ],
    );
  },

  /** Forgets minutes before `before`. Needs the system role. */
  async forget(statements: Statements, before: Date): Promise<void> {
    await statements.prepared('enrollment-minutes-forget', 'delete from enrollment_minutes where minute < $1', [
      before,
    ]);
  },
};
