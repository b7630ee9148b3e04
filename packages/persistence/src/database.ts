import 'reflect-metadata';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { entities } from './entities.js';
import { isCollision } from './failures.js';
import { Listener } from './listener.js';
import { SnakeNaming } from './naming.js';
import { types } from './pg-types.js';
import { openTx, type Statements, type Tx } from './transaction.js';

export type { Statements, Tx } from './transaction.js';

export interface DatabaseSettings {
  /** Connects as muster_app, which row-level security binds. */
  readonly appUrl: string;
  /** Connects as muster_system, which sees every tenant. */
  readonly systemUrl: string;
  /** Connections per role. */
  readonly poolMax: number;
  /** How long a transaction may wait for its process before the server ends it; 15 s when left out. */
  readonly idleInTransactionMs?: number;
  /** Told of connections that break while nobody uses them. */
  readonly onIdleError?: (error: Error) => void;
}

/** A connection outside any transaction: each statement is its own. */
export interface Session {
  query<R = Record<string, unknown>>(sql: string): Promise<R[]>;
}

/** A process that hangs in a transaction keeps its locks, and everybody who writes the same rows waits with it. */
const IDLE_IN_TRANSACTION_MS = 15_000;

/** How often work is begun before a collision is left to whoever asked for it. */
const ATTEMPTS = 5;

/** The only two doors to a transaction: `tenant` for everything done in somebody's name, `system` for what crosses tenants; `outside` leads past them. */
export class Database {
  readonly #app: DataSource;
  readonly #system: DataSource;
  readonly #listener: Listener;
  readonly #systemUrl: string;

  private constructor(
    app: DataSource,
    system: DataSource,
    systemUrl: string,
    /** Connections per role. */
    readonly poolMax: number,
  ) {
    this.#app = app;
    this.#system = system;
    this.#systemUrl = systemUrl;
    this.#listener = new Listener(systemUrl);
  }

  /** Opens both pools and proves that each role can connect. */
  static async connect(settings: DatabaseSettings): Promise<Database> {
    const app = await new DataSource(sourceOptions('app', settings.appUrl, settings)).initialize();
    try {
      const system = await new DataSource(sourceOptions('system', settings.systemUrl, settings)).initialize();
      return new Database(app, system, settings.systemUrl, settings.poolMax);
    } catch (error) {
      await app.destroy();
      throw error;
    }
  }

  /** Runs `work` in one transaction that sees and writes rows of `tenantId` only. Commits when it resolves, rolls back when it rejects. */
  tenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.#app, tenantId, work);
  }

  /**
   * As `tenant`, and again when it collided with another transaction: for what people order and must not be asked to order
   * twice. `work` is run anew, so it may change nothing but the database.
   */
  async insist<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await this.tenant(tenantId, work);
      } catch (error) {
        if (attempt === ATTEMPTS || !isCollision(error)) throw error;
      }
  }

  /** Runs `work` in one transaction that sees every tenant. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return inTransaction(this.#system, null, work);
  }

  /**
   * Runs `work` on a connection of the system role of its own, with no transaction around it: for what Postgres refuses
   * inside one, such as VACUUM, and for session locks. It is closed afterwards, and its locks are gone with it.
   */
  async outside<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.#systemUrl, application_name: 'muster-outside', types });
    // Whoever uses a broken connection learns of it; between two statements nobody would.
    client.on('error', () => {});
    await client.connect();
    try {
      return await work({ query: async <R>(sql: string) => (await client.query(sql)).rows as R[] });
    } finally {
      await client.end().catch(() => {});
    }
  }

  /**
   * Each statement of the system role by itself, which makes it a transaction of its own: for hot paths whose work is one
   * statement, since BEGIN and COMMIT would be two more round trips.
   */
  get statements(): Statements {
    const pool = (this.#system.driver as unknown as { readonly master: pg.Pool }).master;
    return {
      prepared: async <R>(name: string, text: string, params: readonly unknown[]) =>
        (await pool.query({ name, text, values: params as unknown[] })).rows as R[],
    };
  }

  /**
   * Calls `onNotify` with the payload of every NOTIFY on `channel`, and once with '' after each reconnect, because
   * whatever was sent meanwhile is gone. Resolves, once listening, to the function that ends it.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    return this.#listener.listen(channel, onNotify);
  }

  /** Closes every connection; transactions still open are rolled back by the server. */
  async close(): Promise<void> {
    await this.#listener.close();
    await Promise.all([this.#app, this.#system].map((source) => (source.isInitialized ? source.destroy() : null)));
  }
}

const sourceOptions = (name: string, url: string, settings: DatabaseSettings): DataSourceOptions => ({
  type: 'postgres',
  url,
  entities,
  namingStrategy: new SnakeNaming(),
  synchronize: false,
  installExtensions: false,
  applicationName: `muster-${name}`,
  poolErrorHandler: settings.onIdleError ?? (() => {}),
  extra: {
    max: settings.poolMax,
    types,
    idle_in_transaction_session_timeout: settings.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS,
  },
});

async function inTransaction<T>(source: DataSource, tenantId: string | null, work: (tx: Tx) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    await runner.startTransaction();
    const tx = await openTx(runner, tenantId);
    if (tenantId !== null) await tx.query(`select set_config('muster.tenant', $1, true)`, [tenantId]);
    const result = await work(tx);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // The connection may be the very thing that broke; the first error is the one worth reporting.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
    throw error;
  } finally {
    await runner.release();
  }
}
