import type { PoolClient } from 'pg';
import type { EntityManager, QueryRunner } from 'typeorm';

export interface Statements {
  /** Rows of one statement that Postgres plans once per connection: for hot paths. `name` must not be reused for other text. */
  prepared<R = Record<string, unknown>>(name: string, sql: string, params: readonly unknown[]): Promise<R[]>;
}

/** One open transaction. Stores take it first and never open one themselves. */
export interface Tx extends Statements {
  /** Rows of one statement; for insert, update and delete those of its `returning`. */
  query<R = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** How many rows one statement inserted, updated or deleted. */
  execute(sql: string, params?: readonly unknown[]): Promise<number>;
  readonly manager: EntityManager;
  /** Null in a system transaction, which sees every tenant. */
  readonly tenantId: string | null;
}

export const openTx = async (runner: QueryRunner, tenantId: string | null): Promise<Tx> => {
  const client: PoolClient = await runner.connect();
  return {
    tenantId,
    manager: runner.manager,
    query: async <R>(sql: string, params?: readonly unknown[]) =>
      (await client.query(sql, params as unknown[] | undefined)).rows as R[],
    execute: async (sql, params) => (await client.query(sql, params as unknown[] | undefined)).rowCount ?? 0,
    prepared: async <R>(name: string, text: string, params: readonly unknown[]) =>
      (await client.query({ name, text, values: params as unknown[] })).rows as R[],
  };
};
