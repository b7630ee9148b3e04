import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@muster/persistence/database';
import { trustChannel } from '@muster/persistence/trust/authority.store';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { renewTls } from '../device-door/device.app.js';
import type { Log } from '../http/log.js';
import type { TrustFiles } from './trust-files.js';

/** Between two runs: a thousand revocations in a second are one list. */
const APART_MS = 1_000;
/** A signer that is away comes back. */
const RETRY_MS = 5_000;

/**
 * Rewrites the trust files whenever a certificate is revoked or an authority comes, and when the worker's schedule asks for
 * it, so that neither lists nor server certificates run out. What is asked for meanwhile is served by one more run, and what
 * was asked for before anybody listened by the first.
 * Resolves to the function that ends it.
 */
export const keepTrust = async (
  database: Database,
  files: TrustFiles,
  app: NestFastifyApplication,
  log: Log,
): Promise<() => Promise<void>> => {
  const state = { busy: false, again: false, closed: false };
  let refreshing: Promise<unknown> = Promise.resolve();
  const serve = async (): Promise<void> => {
    state.busy = true;
    while (state.again && !state.closed) {
      state.again = false;
      let restMs = APART_MS;
      try {
        const refreshed = files.refresh();
        refreshing = refreshed;
        renewTls(app, await refreshed);
      } catch (fault) {
        log.error({ err: fault }, 'could not write the trust files');
        state.again = true;
        restMs = RETRY_MS;
      }
      await pause(restMs, undefined, { ref: false });
    }
    state.busy = false;
  };
  const ask = () => {
    state.again = true;
    if (!state.busy) void serve();
  };
  const stopListening = await database.listen(trustChannel, ask);
  ask();
  return async () => {
    state.closed = true;
    await stopListening();
    await refreshing.catch(() => {});
  };
};
