import { Database } from '@muster/persistence/database';
import { ContentDamaged } from '@muster/persistence/releases/artifact-storage/content-damaged';
import { type ArchiveRow, archiveStore } from '@muster/persistence/telemetry/archive.store';
import { archiveRowsStore } from '@muster/persistence/telemetry/archive-rows.store';
import { partAt, rawMessages } from '@muster/persistence/telemetry/partitioned';
import { retentionStore } from '@muster/persistence/telemetry/retention.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import type { ArchivedMessage } from '@muster/telemetry/parquet-archive';
import { Inject, Injectable } from '@nestjs/common';
import { ArchiveFiles } from './archive-files.js';

const ROWS = 1_000;

/**
 * Brings archived days back into `messages`, where everything finds them, and takes exactly those rows out again when
 * their time is over. Both go by the key of each row, so that doing them twice, or from the start again, changes nothing.
 */
@Injectable()
export class Restorer {
  constructor(
    private readonly database: Database,
    private readonly files: ArchiveFiles,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Everything due. Whoever calls holds the storage lock. */
  async settleDue(): Promise<void> {
    for (const one of await this.database.system((tx) => archiveStore.due(tx, this.clock.now())))
      try {
        await this.#settle(one);
      } catch (error) {
        this.logger.error(
          { archive: one.id, tenant: one.tenant, err: error },
          'an archive could not be restored or ended',
        );
        if (error instanceof ContentDamaged) await this.#giveUp(one, error);
      }
  }

  async #settle(one: ArchiveRow): Promise<void> {
    const bringing = one.state === 'restoring';
    const content = { sha256: one.sha256!, size: one.bytes };
    const rows = await this.files.read(one.tenant, content, async (batches) => {
      let total = 0;
      for await (const batch of batches)
        for (let i = 0; i < batch.length; i += ROWS) total += await this.#move(one, bringing, batch.slice(i, i + ROWS));
      return total;
    });
    await this.database.system((tx) => archiveStore.settle(tx, one, this.clock.now()));
    this.logger.info(
      { archive: one.id, tenant: one.tenant, day: one.day, rows },
      bringing ? 'an archive was restored' : 'a restored archive went again',
    );
  }

  #move(one: ArchiveRow, bringing: boolean, messages: readonly ArchivedMessage[]): Promise<number> {
    return this.database.system((tx) =>
      bringing ? archiveRowsStore.restore(tx, one.tenant, messages) : archiveRowsStore.remove(tx, messages),
    );
  }

  /** Without its file a restore cannot be had, and a restored day is ended by retention, which looks at it anew. */
  async #giveUp(one: ArchiveRow, error: ContentDamaged): Promise<void> {
    await this.database.system(async (tx) => {
      if (one.state === 'restoring') return archiveStore.refuseRestore(tx, one.id, error.message);
      await archiveStore.settle(tx, one, this.clock.now());
      await retentionStore.forgetDone(tx, partAt(rawMessages, new Date(`${one.day}T00:00:00Z`)).name);
    });
  }
}
