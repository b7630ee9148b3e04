import { Database, type Tx } from '@muster/persistence/database';
import { appliedLetters } from '@muster/persistence/outbox/applied-letters.store';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { deadLetterLimits, deadLetterLimitsStore } from '@muster/persistence/telemetry/dead-letter-limits.store';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { hourlyRollups, rawMessages } from '@muster/persistence/telemetry/partitioned';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { patiently } from './patiently.js';
import { Replay } from './replay.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DEAD_DAYS = 30;
/** Device hours and days of one transaction. */
const DEVICE_HOURS = 200;
const DEVICE_DAYS = 1_000;
/** Batches of hours after which days have their turn: after a standstill hours alone may take longer than one lasts. */
const HOURS_IN_A_ROW = 100;

/**
 * Everything that happens to telemetry later: rollups, partitions, pruning, and replays of dead letters. More than one
 * at a time, since rolling up a large fleet takes minutes and nobody should wait so long for a replay.
 */
@Processor('telemetry', { concurrency: 4 })
export class TelemetryProcessor extends WorkerHost {
  #rolling = false;

  constructor(
    private readonly database: Database,
    private readonly replay: Replay,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    const now = this.clock.now();
    switch (job.name) {
      case 'roll-up':
        return this.#rollUpOnce(now);
      case 'extend-partitions':
        return this.#extend(now);
      case 'prune':
        return this.#prune(now);
      case 'replay':
        return this.#replay(job.data as LetterJob);
      case 'replay-many':
        return this.replay.runMany(job.data as LetterJob);
      default:
        throw new Error(`telemetry has no job ${job.name}`);
    }
  }

  /** The run under way does what the next would, and runs that queue for its lock would keep everything else waiting. */
  async #rollUpOnce(now: Date): Promise<{ hours: number; days: number }> {
    if (this.#rolling) return { hours: 0, days: 0 };
    this.#rolling = true;
    try {
      return await this.#rollUp(now);
    } finally {
      this.#rolling = false;
    }
  }

  /** Closed hours and days only: those under way are read from what they are made of and would be computed again every minute. */
  async #rollUp(now: Date): Promise<{ hours: number; days: number }> {
    const closed = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
    const done = { hours: 0, days: 0 };
    for (let more = true; more; ) {
      const most = HOURS_IN_A_ROW * DEVICE_HOURS;
      const hours = await this.#all(DEVICE_HOURS, most, (tx) => rollupStore.rollUp(tx, closed, DEVICE_HOURS));
      const days = await this.#all(DEVICE_DAYS, Infinity, (tx) => rollupStore.rollUpDays(tx, closed, DEVICE_DAYS));
      done.hours += hours;
      done.days += days;
      more = hours === most;
    }
    return done;
  }

  /** Batches of `size` until there are no more, or `most` in all. */
  async #all(size: number, most: number, some: (tx: Tx) => Promise<number>): Promise<number> {
    for (let total = 0; ; ) {
      const done = await this.database.system(some);
      total += done;
      if (done < size || total >= most) return total;
    }
  }

  async #extend(now: Date): Promise<number> {
    const days = await patiently(this.database, (tx) => partitionStore.extend(tx, now, rawMessages));
    return days + (await patiently(this.database, (tx) => partitionStore.extend(tx, now, hourlyRollups)));
  }

  #prune(now: Date): Promise<number> {
    const before = new Date(now.getTime() - DEAD_DAYS * DAY_MS);
    return this.database.system((tx) => deadLetterLimitsStore.prune(tx, before, deadLetterLimits.tenant));
  }

  async #replay(letter: LetterJob): Promise<void> {
    const { deadLetterId } = letter.payload as { deadLetterId: string };
    const row = await this.database.system((tx) => deadLetterStore.find(tx, deadLetterId));
    if (row === null) return;
    await this.replay.run(row);
    await this.database.system((tx) => appliedLetters.once(tx, 'telemetry.replay', letter.id));
  }
}
