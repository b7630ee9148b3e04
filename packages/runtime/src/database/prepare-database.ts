import { migrate } from '@muster/persistence/migrate';
import { migrateQueues } from '../queues/migrate-queues.js';

/** The same database as its owner, as the application role and as the system role. */
export interface DatabaseUrls {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly systemUrl: string;
}

/**
 * Roles, tables and queues brought to what this version needs; the roles get the passwords their URLs carry. Repeat-safe,
 * and safe when several processes do it at once. `now` decides for which days there are partitions.
 */
export async function prepareDatabase(urls: DatabaseUrls, now?: Date): Promise<void> {
  const passwords = { app: passwordIn(urls.appUrl), system: passwordIn(urls.systemUrl) };
  await migrate(urls.ownerUrl, passwords, now);
  await migrateQueues(urls.ownerUrl);
}

const passwordIn = (url: string): string => decodeURIComponent(new URL(url).password);
