import { Database } from '@muster/persistence/database';
import { archiveStore, type SourceDevice } from '@muster/persistence/telemetry/archive.store';
import { archiveRowsStore, type RowPage, type RowPosition } from '@muster/persistence/telemetry/archive-rows.store';
import { dayOf, rawMessages } from '@muster/persistence/telemetry/partitioned';
import { type DeviceScope, retentionStore } from '@muster/persistence/telemetry/retention.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import type { ArchivedMessage } from '@muster/telemetry/parquet-archive';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { ArchiveFiles } from './archive-files.js';
import { patiently } from './patiently.js';

/** Rows of a row group, and of one read: a few megabytes. */
const BATCH = 5_000;
/** Beyond this a day of a tenant becomes more than one file. */
const MOST_ROWS = 20_000_000;

/**
 * Ends what was taken out of the parent: archives the rows whose policy says so, compares, and only then drops the table.
 * Nobody else writes to such a table, so what was compared is what is dropped. Whatever is interrupted is found by the
 * table that is still there.
 */
@Injectable()
export class Archiver {
  constructor(
    private readonly database: Database,
    private readonly files: ArchiveFiles,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Every table that waits. One that cannot be archived now waits on and keeps no other back; returns how many went. */
  async finishAll(): Promise<number> {
    await this.files.sweep();
    let finished = 0;
    for (const source of await this.database.system((tx) => tierStore.sources(tx)))
      try {
        await this.finish(source);
        finished++;
      } catch (error) {
        this.logger.error({ source, err: error }, 'days that ended could not be archived and wait');
      }
    return finished;
  }

  async finish(source: string): Promise<void> {
    if (source.startsWith(`${rawMessages.parent}_`))
      for (let next = await this.#next(source); next !== null; next = await this.#next(source))
        await this.#archive(source, next.tenant, next.devices);
    await patiently(this.database, async (tx) => {
      await tierStore.dropSource(tx, source);
      await retentionStore.forgetDone(tx, source.replace('_ended_', '_'));
    });
  }

  /** A tenant with devices that are to be archived and are in no file yet; null when all are. */
  async #next(source: string): Promise<{ tenant: string; devices: SourceDevice[] } | null> {
    const { scopes, waiting } = await this.database.system(async (tx) => ({
      scopes: await retentionStore.scopes(tx),
      waiting: await archiveStore.uncovered(tx, source),
    }));
    const wanted = waiting.filter((device) => archives(scopes, device));
    const tenant = wanted[0]?.tenant;
    if (tenant === undefined) return null;
    const devices: SourceDevice[] = [];
    let rows = 0;
    for (const device of wanted) {
      if (device.tenant !== tenant) continue;
      if (devices.length > 0 && rows + device.rows > MOST_ROWS) break;
      devices.push(device);
      rows += device.rows;
    }
    return { tenant, devices };
  }

  async #archive(source: string, tenant: string, devices: readonly SourceDevice[]): Promise<void> {
    const id = uuidv7();
    const day = dayOf(source);
    const deviceKeys = devices.map(({ deviceKey }) => deviceKey);
    await this.database.system((tx) => archiveStore.begin(tx, { id, tenant, day, source, deviceKeys }));
    try {
      const expected = devices.reduce((sum, { rows }) => sum + rows, 0);
      const file = await this.files.write({ tenant, day, source }, expected, this.#read(source, devices));
      await this.database.system((tx) => archiveStore.keep(tx, id, file, this.clock.now()));
      this.logger.info({ tenant, day, rows: file.rows, bytes: file.bytes }, 'a day was archived');
    } catch (error) {
      await this.database.system((tx) => archiveStore.fail(tx, id, String((error as Error).message))).catch(() => {});
      throw error;
    }
  }

  /** By small groups of devices, each in one index range a device. */
  async *#read(source: string, devices: readonly SourceDevice[]): AsyncGenerator<ArchivedMessage[]> {
    for (const group of groupsOf(devices))
      for (let page = await this.#page(source, group, null); page.messages.length > 0; ) {
        yield page.messages;
        page = await this.#page(source, group, page.last);
      }
  }

  #page(source: string, group: readonly number[], after: RowPosition | null): Promise<RowPage> {
    return this.database.system((tx) => archiveRowsStore.read(tx, source, group, after, BATCH));
  }
}

const archives = (scopes: readonly DeviceScope[], device: SourceDevice): boolean => {
  const own = scopes.filter(({ tenant }) => tenant === device.tenant);
  return (own.find((one) => one.class === device.class) ?? own.find((one) => one.class === null))?.archive ?? false;
};

/** Devices in order, together at most a batch of rows, or one that has more. */
function groupsOf(devices: readonly SourceDevice[]): number[][] {
  const groups: number[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const device of devices) {
    if (rows + device.rows > BATCH) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)!.push(device.deviceKey);
    rows += device.rows;
  }
  return groups;
}
