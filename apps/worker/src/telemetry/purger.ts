import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Session } from '@muster/persistence/database';
import { type ArchiveRow, archiveStore } from '@muster/persistence/telemetry/archive.store';
import { type PurgeRow, purgeStore } from '@muster/persistence/telemetry/purge.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import type { ArchivedMessage } from '@muster/telemetry/parquet-archive';
import { Inject, Injectable } from '@nestjs/common';
import { ArchiveFiles } from './archive-files.js';
import { patiently } from './patiently.js';

const DEVICES = 200;
const ROWS = 5_000;

/**
 * Removes what was measured, in small transactions that count what they removed. A purge that was interrupted begins anew
 * and finds less to remove. Files go from the store once the database no longer names them, and until they have it knows
 * them as leftovers.
 */
@Injectable()
export class Purger {
  constructor(
    private readonly database: Database,
    private readonly files: ArchiveFiles,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * All that were ordered, oldest first. `session` holds the storage lock, so nothing is copied meanwhile. One that cannot
   * be done now says why, comes again with the next run, and keeps no other back.
   */
  async runAll(session: Session): Promise<void> {
    for (let after: string | null = null; ; ) {
      const purge: PurgeRow | null = await this.database.system((tx) => purgeStore.next(tx, after));
      if (purge === null) return;
      try {
        await this.#run(session, purge);
      } catch (error) {
        await this.database.system((tx) => purgeStore.trouble(tx, purge.id, String((error as Error).message)));
        this.logger.error(
          { purge: purge.id, tenant: purge.tenant, err: error },
          'a purge could not be finished and waits',
        );
      }
      after = purge.id;
    }
  }

  async #run(session: Session, purge: PurgeRow): Promise<void> {
    await patiently(this.database, (tx) => tierStore.dropCopies(tx));
    const touched = new Set<string>();
    for (let after = 0; ; ) {
      const devices = await this.database.system((tx) => purgeStore.devices(tx, purge, after, DEVICES));
      if (devices.keys.length === 0) break;
      // Before, so that nothing is computed again meanwhile; and after, for what was being computed just then.
      await this.database.system((tx) => purgeStore.removeRest(tx, purge, devices));
      await this.#removeRows(purge, devices.keys, touched);
      await this.database.system((tx) => purgeStore.removeRest(tx, purge, devices));
      await this.database.system((tx) => purgeStore.markLater(tx, devices.keys));
      await this.#purgeArchives(purge, devices.keys, new Set(devices.ids));
      after = devices.keys.at(-1)!;
    }
    if (purge.deviceId === null) await this.database.system((tx) => purgeStore.removeLetters(tx, purge));
    // Deleted rows lie in the files of a table until it is vacuumed.
    for (const table of touched) await tierStore.vacuum(session, table);
    await this.files.sweep();
    await this.#finish(purge);
  }

  async #removeRows(purge: PurgeRow, keys: readonly number[], touched: Set<string>): Promise<void> {
    for (const [tables, remove] of [
      [purgeStore.raw, purgeStore.removeRaw],
      [purgeStore.hours, purgeStore.removeHours],
    ] as const)
      for (const table of await this.database.system(tables))
        while ((await this.database.system((tx) => remove(tx, purge, table, keys, ROWS))) > 0) touched.add(table);
  }

  async #purgeArchives(purge: PurgeRow, keys: readonly number[], ids: ReadonlySet<string>): Promise<void> {
    for (const one of await this.database.system((tx) => archiveStore.holding(tx, purge.tenant, keys)))
      if (purge.deviceId === null || one.sha256 === null || one.deviceKeys.every((key) => keys.includes(key)))
        await this.#forget(purge, one);
      else await this.#rewrite(purge, one, keys, ids);
  }

  async #forget(purge: PurgeRow, one: ArchiveRow): Promise<void> {
    await this.database.system(async (tx) => {
      await archiveStore.forget(tx, one);
      await purgeStore.count(tx, purge.id, 'archivedMessages', one.rows);
      await purgeStore.count(tx, purge.id, 'archives', 1);
    });
  }

  /** The file without the devices takes the place of the old one, checked as every file is. */
  async #rewrite(purge: PurgeRow, one: ArchiveRow, keys: readonly number[], ids: ReadonlySet<string>): Promise<void> {
    const file = await this.files.read(one.tenant, { sha256: one.sha256!, size: one.bytes }, (batches) =>
      this.files.write(one, null, without(batches, ids)),
    );
    await this.database.system(async (tx) => {
      const left = one.deviceKeys.filter((key) => !keys.includes(key));
      await archiveStore.rewrite(tx, one, file, left, this.clock.now());
      await purgeStore.count(tx, purge.id, 'archivedMessages', one.rows - file.rows);
    });
  }

  async #finish(purge: PurgeRow): Promise<void> {
    await this.database.system(async (tx) => {
      const { removed } = await purgeStore.finish(tx, purge.id, this.clock.now());
      const record = {
        actor: { type: 'system', id: 'worker' } as const,
        action: 'purge.finished',
        resource: `purge:${purge.id}`,
        after: { deviceId: purge.deviceId, removed },
      };
      await audit.append(tx, record, purge.tenant);
    });
    this.logger.info({ purge: purge.id, tenant: purge.tenant }, 'a purge is done');
  }
}

async function* without(
  batches: AsyncIterable<ArchivedMessage[]>,
  ids: ReadonlySet<string>,
): AsyncGenerator<ArchivedMessage[]> {
  for await (const batch of batches) yield batch.filter(({ deviceId }) => !ids.has(deviceId));
}
