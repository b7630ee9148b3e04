import { migrate } from '@muster/persistence/migrate';
import { rolePasswords } from '../config/role-urls.js';
import { migrateQueues } from '../queues/migrate-queues.js';

/** Roles, tables and queues brought to what this version needs. Repeat-safe, and safe when several processes do it at once. */
export async function prepareDatabase(ownerUrl: string): Promise<void> {
  await migrate(ownerUrl, rolePasswords(ownerUrl));
  await migrateQueues(ownerUrl);
}
