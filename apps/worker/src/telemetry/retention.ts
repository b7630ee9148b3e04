import { randomBytes } from 'node:crypto';
import { Database, type Session } from '@muster/persistence/database';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import {
  dayOf,
  hourlyRollups,
  type Part,
  type Partitioned,
  rawMessages,
} from '@muster/persistence/telemetry/partitioned';
import { type DeviceScope, retentionStore } from '@muster/persistence/telemetry/retention.store';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import {
  planDays,
  planMonths,
  type RetentionFacts,
  type RetentionStep,
  rawKeptFrom,
} from '@muster/telemetry/retention-plan';
import { Inject, Injectable } from '@nestjs/common';
import { Archiver } from './archiver.js';
import { patiently } from './patiently.js';

const DAY_MS = 86_400_000;
const DEVICES = 500;
/** Rows a transaction removes at most: it is over in some milliseconds. */
const ROWS = 5_000;
/** Days a run rewrites at most: purges and restores wait behind it. */
const MOST_COMPACTED = 4;
/** Before any time a device could say. */
const EVER = new Date('0001-01-01T00:00:00Z');

export interface RetentionDone {
  ended: number;
  compacted: number;
  removed: number;
  finished: number;
}

/**
 * Carries out what retention decides. Every step is a transaction that says in the catalogue or in a table what it did, so
 * that a run that was killed anywhere is simply followed by the next.
 */
@Injectable()
export class Retention {
  constructor(
    private readonly database: Database,
    private readonly archiver: Archiver,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** `session` holds the storage lock. */
  async run(session: Session, now: Date): Promise<RetentionDone> {
    const done: RetentionDone = { ended: 0, compacted: 0, removed: 0, finished: await this.archiver.finishAll() };
    const scopes = await this.database.system((tx) => retentionStore.scopes(tx));
    if (await this.#rolledUp(scopes, now)) {
      for (const scope of scopes)
        await this.database.system((tx) =>
          retentionStore.noteRawEnded(tx, scope, new Date(rawKeptFrom(scope, now.getTime()))),
        );
      for (const step of planDays(await this.#facts(rawMessages, scopes, now)))
        await this.#take(rawMessages, step, session, done);
      done.removed += await this.#strays(rawMessages, scopes, now, ({ rawDays }) => rawDays);
    }
    for (const step of planMonths(await this.#facts(hourlyRollups, scopes, now)))
      await this.#take(hourlyRollups, step, session, done);
    done.removed += await this.#strays(hourlyRollups, scopes, now, ({ hourlyDays }) => hourlyDays);
    done.finished += await this.archiver.finishAll();
    return done;
  }

  /**
   * Raw messages whose hours wait to be rolled up must not go: the aggregates could never be made again. What was marked
   * only just is no reason: one device that keeps sending old messages would hold back the retention of everybody.
   */
  async #rolledUp(scopes: readonly DeviceScope[], now: Date): Promise<boolean> {
    const newest = Math.max(...scopes.map((scope) => rawKeptFrom(scope, now.getTime())));
    const oldest = await this.database.system((tx) => rollupStore.oldestOverdue(tx, new Date(newest)));
    if (oldest === null) return true;
    this.logger.warn({ oldest }, 'hours of days that end are not rolled up yet: retention waits');
    return false;
  }

  #facts(table: Partitioned, scopes: readonly DeviceScope[], now: Date): Promise<RetentionFacts> {
    return this.database.system(async (tx) => {
      const held = await retentionStore.heldDays(tx);
      const parts = (await tierStore.parts(tx, table)).map(({ name, start, end, warm, inserted }) => ({
        name,
        inserted,
        start: start.getTime(),
        end: end.getTime(),
        warm,
        held: table.parent === 'messages' && held.has(dayOf(name)),
      }));
      return { now: now.getTime(), scopes, parts, done: await retentionStore.done(tx) };
    });
  }

  async #take(table: Partitioned, step: RetentionStep, session: Session, done: RetentionDone): Promise<void> {
    const parts = await this.database.system((tx) => partitionStore.parts(tx, table));
    const part = parts.find(({ name }) => name === step.part)!;
    if (step.do === 'end') {
      await this.end(table, part);
      done.ended++;
    } else if (step.do === 'compact') {
      if (done.compacted === MOST_COMPACTED) return;
      await this.compact(session, part);
      done.compacted++;
    } else {
      done.removed += await this.#remove(table, part, step.scope as DeviceScope);
      await this.database.system((tx) => retentionStore.markDone(tx, part.name, step.scope, step.inserted));
    }
  }

  /** Takes the oldest part out of its parent; the archiver ends it. */
  async end(table: Partitioned, part: Part): Promise<void> {
    for (const step of partitionStore.prepareToEnd(table, part)) await patiently(this.database, step);
    await patiently(this.database, (tx) => partitionStore.endOldest(tx, table, part));
  }

  async compact(session: Session, part: Part): Promise<void> {
    await patiently(this.database, (tx) => tierStore.beginCopy(tx, part));
    const rows = await this.database.system((tx) => tierStore.fillCopy(tx, part));
    await tierStore.freezeCopy(session, part);
    await patiently(this.database, (tx) => tierStore.swapCopy(tx, part));
    this.logger.info({ part: part.name, rows }, 'a day was compacted');
  }

  /** Rows of a scope that keeps less than others, in small transactions. */
  async #remove(table: Partitioned, part: Part, scope: DeviceScope): Promise<number> {
    const into = table.parent === 'messages' && scope.archive ? await this.#source(part.start) : null;
    let removed = 0;
    for (let after = 0; ; ) {
      const keys = await this.database.system((tx) => retentionStore.devicesOf(tx, scope, after, DEVICES));
      if (keys.length === 0) return removed;
      removed += await drained(() =>
        this.database.system((tx) => retentionStore.take(tx, part.name, into, keys, ROWS)),
      );
      after = keys.at(-1)!;
    }
  }

  /** What has ended in the two permanent parts, by an index on the time it ends by. */
  async #strays(
    table: Partitioned,
    scopes: readonly DeviceScope[],
    now: Date,
    keptDays: (scope: DeviceScope) => number,
  ): Promise<number> {
    let removed = 0;
    for (const end of ['before', 'after'])
      for (const scope of scopes) {
        const from = `${table.parent}_${end}`;
        const before = new Date(Math.floor(now.getTime() / DAY_MS - keptDays(scope)) * DAY_MS);
        const archive = table.parent === 'messages' && scope.archive;
        for (;;) {
          const day = await this.database.system((tx) => retentionStore.oldestStray(tx, table, from, scope, before));
          if (day === null) break;
          const into = archive ? await this.#source(day) : null;
          const until = archive ? new Date(day.getTime() + DAY_MS) : before;
          const stray = { from, into, after: archive ? day : EVER, before: until, scope, limit: ROWS };
          const taken = await drained(() => this.database.system((tx) => retentionStore.takeStrays(tx, table, stray)));
          removed += taken;
          if (taken === 0) break;
        }
      }
    return removed;
  }

  #source(day: Date): Promise<string> {
    const mark = randomBytes(4).toString('hex');
    return this.database.system((tx) => tierStore.createSource(tx, day, mark));
  }
}

/** Again and again until nothing is left; returns how many there were. */
async function drained(take: () => Promise<number>): Promise<number> {
  for (let total = 0; ; ) {
    const n = await take();
    if (n === 0) return total;
    total += n;
  }
}
