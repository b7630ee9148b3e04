import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { runningPostmaster } from './postmaster.js';

let home: string;
let servers: EmbeddedPostgres[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'muster-embedded-'));
  chmodSync(home, 0o755);
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  rmSync(home, { recursive: true, force: true });
});

function embedded(options: { folder?: string; port?: number; durable?: boolean } = {}): EmbeddedPostgres {
  const server = new EmbeddedPostgres({
    folder: join(home, 'postgres'),
    logFile: join(home, 'postgres.log'),
    password: 'a password with / and @',
    durable: false,
    ...options,
  });
  servers.push(server);
  return server;
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  test('keeps what was stored over a stop and a start', async () => {
    const first = await embedded().start();
    const url = await first.ensureDatabase('fleet');
    await ask(url, 'create table notes as select 42 as answer');
    await first.stop();
    expect(first.alive).toBe(false);

    const second = await embedded().start();
    expect(await ask(second.url('fleet'), 'select answer from notes')).toEqual([{ answer: 42 }]);
  });

  test('adopts the server that a killed starter left running', async () => {
    const abandoned = await embedded().start();
    const heir = await embedded().start();
    expect(heir.pid).toBe(abandoned.pid);
    expect(heir.port).toBe(abandoned.port);
    expect(heir.alive).toBe(true);
  });

  test('does not take a recycled process id for a running server', async () => {
    const first = await embedded().start();
    await first.stop();
    const pidFile = join(first.folder, 'postmaster.pid');
    writeFileSync(pidFile, `${process.pid}\n${first.folder}\n1\n${first.port}\n\n127.0.0.1\n0 0\nready   \n`);
    expect(runningPostmaster(first.folder)).toBeNull();

    const second = await embedded().start();
    expect(second.pid).not.toBe(process.pid);
    expect(readFileSync(pidFile, 'utf8').split('\n')[0]).toBe(String(second.pid));
  });

  test('starts again after its postmaster was killed', async () => {
    const server = await embedded({ durable: true }).start();
    const url = await server.ensureDatabase('fleet');
    await ask(url, 'create table notes as select 42 as answer');
    const { port } = server;
    process.kill(server.pid, 'SIGKILL');
    await expect.poll(() => server.alive).toBe(false);

    await server.start();
    expect(server.port).toBe(port);
    expect(await ask(url, 'select answer from notes')).toEqual([{ answer: 42 }]);
  });

  test('takes another port when the wanted one is occupied', async () => {
    const first = await embedded().start();
    const second = await embedded({ folder: join(home, 'second'), port: first.port }).start();
    expect(second.port).not.toBe(first.port);
  });

  test.runIf(process.getuid?.() === 0)('moves its files where its account can reach them', async () => {
    const hidden = join(home, randomBytes(4).toString('hex'));
    mkdirSync(hidden, { mode: 0o700 });
    const server = await embedded({ folder: join(hidden, 'postgres') }).start();
    expect(server.folder).toMatch(/^\/var\/tmp\/muster-postgres-data-/);
    await server.stop();
    rmSync(server.folder, { recursive: true, force: true });
  });
});
