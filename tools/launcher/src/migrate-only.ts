import { roleUrls } from '@muster/runtime/config/role-urls';
import { prepareDatabase } from '@muster/runtime/database/prepare-database';
import { UsageError } from './options.js';

/** Brings an external database to this version, for deployments that migrate in a step of its own. */
export async function migrateOnly(environment = process.env): Promise<void> {
  const ownerUrl = environment.MUSTER_DATABASE_URL;
  if (!ownerUrl) throw new UsageError('MUSTER_DATABASE_URL is not set');
  await prepareDatabase({ ownerUrl, ...roleUrls(ownerUrl) });
}
