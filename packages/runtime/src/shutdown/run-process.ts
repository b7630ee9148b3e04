import type { Registry } from 'prom-client';
import { readSettings, type Settings, SettingsError, unknownSettings } from '../config/settings.js';
import { Health } from '../health/health.js';
import { createLogger, type Logger } from '../logging/logger.js';
import { createMetrics } from '../metrics/metrics.js';
import { openOpsListener } from '../metrics/ops-listener.js';
import { Shutdown } from './shutdown.js';

/** What a process is given to live with. */
export interface Chassis {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Registry;
  /** Register here what has to be closed; closing happens in the reverse order. */
  readonly shutdown: Shutdown;
}

const allowedMs = 10_000;

/**
 * The whole life of a server process: settings, logger, ops listener, `start`, then waiting for SIGTERM, SIGINT or the
 * end of the supervisor, and an orderly stop in at most ten seconds. Exits with 78 on bad settings, 1 on a failure.
 */
export async function runProcess(name: string, start: (chassis: Chassis) => Promise<void>): Promise<void> {
  const settings = settingsOrExit();
  const logger = createLogger({ process: name, level: settings.logLevel });
  const shutdown = new Shutdown();
  const health = new Health();
  const metrics = createMetrics(name);

  const end = async (why: string, code: number) => {
    if (shutdown.begun) return;
    logger.info({ why }, 'stopping');
    health.draining();
    const late = setTimeout(() => {
      logger.error({ allowedMs }, 'stopping took too long');
      process.exit(1);
    }, allowedMs);
    for (const failure of await shutdown.run()) logger.error({ err: failure }, 'could not close a part');
    clearTimeout(late);
    logger.info('stopped');
    process.exit(code);
  };
  const fail = (error: unknown) => {
    logger.fatal({ err: error }, 'failed');
    void end('failure', 1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.once('SIGTERM', () => void end('SIGTERM', 0));
  process.once('SIGINT', () => void end('SIGINT', 0));
  // Under the supervisor there is a channel to it. When it breaks, the supervisor was killed: nobody would stop us later.
  if (process.send) process.once('disconnect', () => void end('supervisor gone', 0));

  for (const unknown of unknownSettings()) logger.warn({ name: unknown }, 'this variable is not a setting');
  try {
    const listener = await openOpsListener({ port: settings.metricsPort, bind: settings.bind }, health, metrics);
    shutdown.add('ops listener', () => listener.close());
    await start({ settings, logger, health, metrics, shutdown });
    health.started();
    logger.info({ metricsPort: listener.port }, 'ready');
    process.send?.({ ready: true, metricsPort: listener.port });
  } catch (error) {
    fail(error);
  }
}

function settingsOrExit(): Settings {
  try {
    return readSettings();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}
