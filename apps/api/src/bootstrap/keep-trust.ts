import type { Database } from '@muster/persistence/database';
import { trustChannel } from '@muster/persistence/trust/authority.store';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { renewTls } from '../device-door/device.app.js';
import type { Log } from '../http/log.js';
import type { TrustFiles } from './trust-files.js';

/**
 * Rewrites the trust files whenever a certificate is revoked or an authority comes, and when the worker's schedule asks for
 * it, so that neither lists nor server certificates run out. What is asked for meanwhile is served by one more run.
 * Resolves to the function that ends it.
 */
export const keepTrust = (
  database: Database,
  files: TrustFiles,
  app: NestFastifyApplication,
  log: Log,
): Promise<() => Promise<void>> => {
  const state = { busy: false, again: false };
  const serve = async (): Promise<void> => {
    state.busy = true;
    while (state.again) {
      state.again = false;
      try {
        renewTls(app, await files.refresh());
      } catch (fault) {
        log.error({ err: fault }, 'could not write the trust files');
      }
    }
    state.busy = false;
  };
  return database.listen(trustChannel, () => {
    state.again = true;
    if (!state.busy) void serve();
  });
};
