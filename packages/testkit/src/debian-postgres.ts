import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverAccount } from '@muster/runtime/embedded/account';
import { freePort } from '@muster/runtime/embedded/free-port';
import pg from 'pg';
import { PeerProcess } from './peer-process.js';

const programs = '/usr/lib/postgresql/15/bin';

/** The oldest PostgreSQL the product supports, as an operator would run it beside us. */
export interface DebianPostgres {
  /** Makes an empty database; its URL as superuser. */
  create(database: string): Promise<string>;
  stop(): Promise<void>;
}

/** Debian's PostgreSQL 15 on a new cluster below `home`, whose folders its account must be able to enter. */
export async function startDebianPostgres(home: string): Promise<DebianPostgres> {
  const account = serverAccount();
  const folder = join(home, 'postgres-15');
  const secret = join(folder, 'password');
  const password = randomBytes(12).toString('hex');
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(secret, password);
  if (account.uid !== undefined) for (const path of [folder, secret]) chownSync(path, account.uid, account.gid ?? 0);
  chmodSync(home, 0o755);
  const cluster = join(folder, 'cluster');
  const how = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'];
  execFileSync(join(programs, 'initdb'), ['-D', cluster, '-U', 'operator', '--pwfile', secret, ...how], {
    ...account,
    cwd: '/',
    stdio: 'pipe',
  });
  const port = await freePort();
  const url = (database: string) => `postgres://operator:${password}@127.0.0.1:${port}/${database}`;
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
  const server = new PeerProcess({
    program: join(programs, 'postgres'),
    words: [
      '-D',
      cluster,
      '-p',
      `${port}`,
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    package: 'postgresql-15',
    logFile: join(home, 'postgres-15.log'),
    reach: () => on(url('postgres'), 'select 1'),
    options: account,
  });
  await server.start();
  return {
    create: async (database) => {
      await on(url('postgres'), `create database ${database}`);
      return url(database);
    },
    stop: async () => {
      await server.end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function on(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
