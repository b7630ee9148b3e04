import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { prepareFolder, type ServerAccount, serverAccount } from './account.js';
import { locateBinaries } from './binaries.js';
import { freePort } from './free-port.js';
import { isAlive, runningPostmaster } from './postmaster.js';

export interface EmbeddedPostgresOptions {
  /** Where the cluster lives; created when missing. */
  readonly folder: string;
  readonly password: string;
  /** Taken when free; any free port otherwise. */
  readonly port?: number;
  /** Where the server writes its log; inherited as a file, so the server outlives the process that started it. */
  readonly logFile: string;
  /** `false` trades crash safety for speed; for tests only. */
  readonly durable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

const forSpeed = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', shared_buffers: '64MB' };

/**
 * The PostgreSQL that npm brings along. It runs detached and survives a `kill -9` of whoever started it: the next
 * start finds and adopts it. Works as root, from folders only root can enter, and after `npm ci --ignore-scripts`.
 */
export class EmbeddedPostgres {
  #folder: string;
  #port = 0;
  #pid = 0;
  #bin = '';
  #account: ServerAccount = {};
  #exit: string | null = null;

  constructor(private readonly options: EmbeddedPostgresOptions) {
    this.#folder = options.folder;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#pid;
  }

  /** Where the cluster really lives: elsewhere than asked when the server's account cannot reach that folder. */
  get folder(): string {
    return this.#folder;
  }

  /** True until the server has gone, whoever started it. */
  get alive(): boolean {
    return this.#exit === null && this.#pid > 0 && isAlive(this.#pid);
  }

  /** Superuser URL of one of the cluster's databases. */
  url(database = 'postgres'): string {
    return `postgres://postgres:${encodeURIComponent(this.options.password)}@127.0.0.1:${this.#port}/${database}`;
  }

  /** Starts the server, or adopts the one an earlier process left running, and waits until it answers. */
  async start(): Promise<this> {
    this.#account = serverAccount();
    this.#bin = await locateBinaries(this.#account);
    this.#settleFolder();
    const running = runningPostmaster(this.#folder);
    if (running) {
      this.#port = running.port;
      this.#pid = running.pid;
      this.#exit = null;
      await this.#untilReady();
      return this;
    }
    if (!existsSync(join(this.#folder, 'PG_VERSION'))) this.#createCluster();
    this.#port = await freePort(this.#port || this.options.port);
    await this.#launch();
    return this;
  }

  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  async stop(): Promise<void> {
    if (!runningPostmaster(this.#folder)) return;
    this.#run('pg_ctl', ['-D', this.#folder, '-m', 'fast', '-w', '-t', '60', 'stop']);
    this.#pid = 0;
  }

  /** Creates the database when it is missing. */
  async ensureDatabase(name: string): Promise<string> {
    await this.admin(async (client) => {
      const found = await client.query('select 1 from pg_database where datname = $1', [name]);
      if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
    });
    return this.url(name);
  }

  /** Runs `work` on a superuser connection to the `postgres` database. */
  async admin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.url(), connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  #settleFolder(): void {
    if (prepareFolder(this.#folder, this.#account)) return;
    const key = createHash('sha256').update(this.options.folder).digest('hex').slice(0, 16);
    this.#folder = `/var/tmp/muster-postgres-data-${key}`;
    if (!prepareFolder(this.#folder, this.#account)) {
      throw new Error(
        `PostgreSQL's account (uid ${this.#account.uid}) can write neither ${this.options.folder} nor ${this.#folder}`,
      );
    }
  }

  /** Built beside its place and renamed into it, so an interrupted `initdb` never passes for a cluster. */
  #createCluster(): void {
    const fresh = `${this.#folder}.new`;
    const passwordFile = `${this.#folder}.password`;
    rmSync(fresh, { recursive: true, force: true });
    prepareFolder(fresh, this.#account);
    writeFileSync(passwordFile, this.options.password, { mode: 0o600 });
    const { uid, gid } = this.#account;
    if (uid !== undefined) chownSync(passwordFile, uid, gid ?? uid);
    try {
      const how = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
      if (this.options.durable === false) how.push('--no-sync');
      this.#run('initdb', ['-D', fresh, '-U', 'postgres', '--pwfile', passwordFile, ...how]);
    } finally {
      rmSync(passwordFile, { force: true });
    }
    rmSync(this.#folder, { recursive: true, force: true });
    renameSync(fresh, this.#folder);
  }

  async #launch(): Promise<void> {
    // After a `kill -9` of the postmaster its backends need a moment to notice; until then a new one refuses the
    // shared memory block they still hold.
    for (let attempt = 1; ; attempt += 1) {
      this.#spawnServer();
      try {
        await this.#untilReady();
        return;
      } catch (error) {
        const retry = attempt < 20 && /shared memory block|lock file|is another postmaster/i.test(String(error));
        if (!retry) throw error;
        await pause(250);
      }
    }
  }

  #spawnServer(): void {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '200',
      ...(this.options.durable === false ? forSpeed : {}),
      ...this.options.settings,
    };
    mkdirSync(dirname(this.options.logFile), { recursive: true });
    const log = openSync(this.options.logFile, 'a');
    const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const server = spawn(join(this.#bin, 'postgres'), ['-D', this.#folder, '-p', String(this.#port), ...flags], {
      ...this.#account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#exit = null;
    this.#pid = server.pid ?? 0;
    const spawned = this.#pid;
    const gone = (why: string) => {
      if (this.#pid === spawned) this.#exit = why;
    };
    server.once('error', (error) => gone(error.message));
    server.once('exit', (code, signal) => gone(`exited with ${signal ?? code}`));
    server.unref();
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + 60_000;
    let last: unknown;
    while (performance.now() < deadline) {
      if (this.#exit !== null) throw new Error(`PostgreSQL ${this.#exit}:\n${this.#logTail()}`);
      try {
        const [row] = await this.admin(async (client) => (await client.query('show data_directory')).rows);
        if (row.data_directory === this.#folder) return;
        throw new Error(`port ${this.#port} is served by another cluster: ${row.data_directory}`);
      } catch (error) {
        last = error;
        if ((error as { code?: string }).code === '28P01') throw error;
        await pause(30);
      }
    }
    throw new Error(`PostgreSQL did not answer within a minute: ${String(last)}\n${this.#logTail()}`);
  }

  #logTail(): string {
    return existsSync(this.options.logFile) ? readFileSync(this.options.logFile, 'utf8').slice(-2_000) : '';
  }

  #run(tool: string, args: string[]): void {
    execFileSync(join(this.#bin, tool), args, { ...this.#account, stdio: 'pipe', cwd: '/' });
  }
}
