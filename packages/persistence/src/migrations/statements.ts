import type { MigrationInterface, QueryRunner } from 'typeorm';

const identifier = /^[a-z_]+$/;

/** `check (column in ('a', 'b'))`. Shipped migrations never change, so states are spelled out where they are used. */
export const oneOf = (column: string, ...words: string[]): string =>
  `check (${column} in (${words.map((word) => `'${word}'`).join(', ')}))`;

/** The three columns that go with every state. */
export const reason = `reason_code text, reason_detail text, since timestamptz not null default now()`;

/**
 * Binds `tables` to the tenant of the transaction, for their owner too. A setting that was never made is null
 * and one that was made and rolled back is '', so both see nothing.
 */
export const secure = (...tables: string[]): string[] =>
  tables.flatMap((table) => {
    if (!identifier.test(table)) throw new Error(`not a table name: ${table}`);
    return [
      `alter table ${table} enable row level security`,
      `alter table ${table} force row level security`,
      `create policy tenant_only on ${table} using (tenant_id = current_setting('muster.tenant', true))`,
    ];
  });

/** A migration written as two lists of statements. */
export abstract class Statements implements MigrationInterface {
  abstract readonly forward: readonly string[];
  abstract readonly back: readonly string[];

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of this.forward) await runner.query(sql);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const sql of this.back) await runner.query(sql);
  }
}
