import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@muster/persistence/migrate';
import { roleUrls } from '@muster/runtime/config/role-urls';
import { EmbeddedPostgres } from '@muster/runtime/embedded/embedded-postgres';
import { isAlive, runningPostmaster } from '@muster/runtime/embedded/postmaster';
import { migrateQueues } from '@muster/runtime/queues/migrate-queues';

const prefix = 'muster-test-';

/** What a spec file needs to make its own database; plain text, since it crosses process borders. */
export interface TestCluster {
  /** Superuser URL of the maintenance database. */
  readonly adminUrl: string;
  /** Migrated database that spec files clone. */
  readonly template: string;
  readonly passwords: { readonly app: string; readonly system: string };
}

export interface TestClusterOptions {
  /** Benchmarks ask for a durable one, where a commit waits for the disk as it does in production. */
  readonly durable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with the cluster's folder before anything is in it. */
  readonly prepare?: (home: string) => void;
}

/** A throwaway cluster with one migrated template database. Call `stop` to remove every trace. */
export async function startTestCluster({
  durable = false,
  settings = {},
  prepare = () => {},
}: TestClusterOptions = {}): Promise<{ cluster: TestCluster; server: EmbeddedPostgres; stop(): Promise<void> }> {
  removeAbandoned();
  const home = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  prepare(home);
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'logs'));
  const server = new EmbeddedPostgres({
    folder: join(home, 'postgres'),
    logFile: join(home, 'logs', 'postgres.log'),
    password: randomBytes(12).toString('hex'),
    durable,
    settings,
  });
  const stop = async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await server.start();
    const template = 'muster_template';
    const ownerUrl = await server.ensureDatabase(template);
    // As every process derives them from the owner's URL: one that migrates must not change them under the others.
    const roles = roleUrls(ownerUrl);
    const passwords = { app: new URL(roles.appUrl).password, system: new URL(roles.systemUrl).password };
    await migrate(ownerUrl, passwords);
    await migrateQueues(ownerUrl);
    return { cluster: { adminUrl: server.url(), template, passwords }, server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const isMounted = (folder: string): boolean => statSync(folder).dev !== statSync(tmpdir()).dev;

/** Clusters of runs that were killed: their folder names the process that owned them. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : 0;
    if (owner === 0 || Number.isNaN(owner) || isAlive(owner)) continue;
    const folder = join(tmpdir(), name);
    const left = runningPostmaster(join(folder, 'postgres'));
    if (left) process.kill(left.pid, 'SIGQUIT');
    // One that had a disk of its own is still mounted, and a mount point cannot be removed.
    if (isMounted(folder)) spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
}
