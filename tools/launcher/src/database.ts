import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { roleUrls } from '@muster/runtime/config/role-urls';
import { EmbeddedPostgres } from '@muster/runtime/embedded/embedded-postgres';
import type { Home } from './home.js';

/** The database this installation lives in, wherever it runs. */
export interface InstalledDatabase {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly systemUrl: string;
  /** In words, for the terminal. */
  readonly description: string;
  /** Keeps an embedded server running; reports each time it had to be started again. */
  watch(onRestart: (error: unknown) => void): void;
  stop(): Promise<void>;
}

const name = 'muster';
const preferredPort = 54_329;

/** The external database of `MUSTER_DATABASE_URL` when it is set; otherwise the embedded one, started or adopted. */
export async function openInstalledDatabase(home: Home, environment = process.env): Promise<InstalledDatabase> {
  const ownerUrl = environment.MUSTER_DATABASE_URL;
  if (!ownerUrl) return startEmbedded(home);
  const roles = roleUrls(ownerUrl);
  return {
    ownerUrl,
    appUrl: environment.MUSTER_DATABASE_APP_URL ?? roles.appUrl,
    systemUrl: environment.MUSTER_DATABASE_SYSTEM_URL ?? roles.systemUrl,
    description: `PostgreSQL at ${new URL(ownerUrl).host}`,
    watch: () => {},
    stop: async () => {},
  };
}

async function startEmbedded(home: Home): Promise<InstalledDatabase> {
  const server = new EmbeddedPostgres({
    folder: home.postgres,
    password: home.databasePassword,
    port: preferredPort,
    logFile: join(home.logs, 'postgres.log'),
    settings: { shared_buffers: '256MB', wal_compression: 'on', max_wal_size: '2GB', jit: 'off' },
  });
  await server.start();
  const ownerUrl = await server.ensureDatabase(name);
  let wanted = true;
  const keepRunning = async (onRestart: (error: unknown) => void) => {
    while (wanted) {
      await pause(500, undefined, { ref: false });
      if (!wanted || server.alive) continue;
      try {
        await server.start();
        onRestart(null);
      } catch (error) {
        onRestart(error);
        await pause(5_000, undefined, { ref: false });
      }
    }
  };
  const elsewhere = server.folder === home.postgres ? '' : `, files in ${server.folder}`;
  return {
    ownerUrl,
    ...roleUrls(ownerUrl),
    description: `embedded PostgreSQL on port ${server.port}${elsewhere}`,
    watch: (onRestart) => void keepRunning(onRestart),
    stop: async () => {
      wanted = false;
      await server.stop();
    },
  };
}
