import { Database } from '@muster/persistence/database';
import type { Settings } from '../config/settings.js';
import type { Health } from '../health/health.js';
import type { Shutdown } from '../shutdown/shutdown.js';

/** Connects the process to the database and ties it to the process's health and shutdown. */
export async function openDatabase(
  settings: Settings,
  life: { health: Health; shutdown: Shutdown },
): Promise<Database> {
  const database = await Database.connect({
    appUrl: settings.databaseAppUrl,
    systemUrl: settings.databaseSystemUrl,
    poolMax: settings.databasePool,
  });
  life.shutdown.add('database', () => database.close());
  life.health.add('database', async () => {
    await database.system((tx) => tx.query('select 1'));
  });
  return database;
}
