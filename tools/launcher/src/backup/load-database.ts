import pg from 'pg';
import { ArchiveError, type Closing, type Manifest } from './archive-format.js';
import { listMigrations } from './catalogue.js';
import { type CopyIn, copyIn } from './copy-in.js';

/** Loads archived tables into an empty, migrated database, all of it or nothing. */
export class DatabaseLoader {
  #manifest: Manifest | null = null;
  #open: { table: string; copy: CopyIn } | null = null;
  readonly #rows: Record<string, number> = {};

  private constructor(
    private readonly owner: pg.Client,
    private readonly system: pg.Client,
  ) {}

  static async connect(ownerUrl: string, systemUrl: string): Promise<DatabaseLoader> {
    const owner = new pg.Client({ connectionString: ownerUrl });
    const system = new pg.Client({ connectionString: systemUrl });
    await Promise.all([owner.connect(), system.connect()]);
    return new DatabaseLoader(owner, system);
  }

  /** @throws ArchiveError when the archive is from another version or the database is not empty */
  async begin(manifest: Manifest): Promise<void> {
    const here = await listMigrations(this.owner);
    if (here.join() !== manifest.migrations.join()) {
      throw new ArchiveError(
        'the backup was made by another version of Muster: restore it with that version, then start the newer one',
      );
    }
    const { rows } = await this.system.query('select 1 from tenants limit 1');
    if (rows.length > 0) throw new ArchiveError('the database is not empty; restore never overwrites');
    this.#manifest = manifest;
    await this.system.query('begin');
  }

  async rows(table: string, piece: Buffer): Promise<void> {
    if (this.#open?.table !== table) {
      await this.#endTable();
      const found = this.#manifest?.tables.find(({ name }) => name === table);
      if (!found) throw new ArchiveError(`the backup holds rows of an unannounced table ${table}`);
      const list = found.columns.map((column) => pg.escapeIdentifier(column)).join(', ');
      this.#open = { table, copy: copyIn(this.system, `copy ${pg.escapeIdentifier(table)} (${list}) from stdin`) };
    }
    await this.#open.copy.write(piece);
  }

  /** Commits when every table has as many rows as were archived. @throws ArchiveError otherwise */
  async finish(closing: Closing): Promise<void> {
    await this.#endTable();
    for (const [table, rows] of Object.entries(closing.rows)) {
      const got = this.#rows[table] ?? 0;
      if (got !== rows) throw new ArchiveError(`${table}: ${got} of ${rows} rows`);
    }
    await this.system.query('commit');
    for (const [name, last] of Object.entries(closing.sequences)) {
      await this.owner.query('select setval($1::regclass, $2::bigint)', [pg.escapeIdentifier(name), last]);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.owner.end(), this.system.end()]);
  }

  async #endTable(): Promise<void> {
    if (!this.#open) return;
    const { table, copy } = this.#open;
    this.#open = null;
    this.#rows[table] = await copy.end();
  }
}
