import type { Logger } from '../logging/logger.js';

const quietMs = 5_000;

/**
 * Logs trouble with connections once, not once per queue and attempt: all queues share one pool, so one restart of the
 * database reaches every one of them several times over.
 */
export class TroubleLog {
  readonly #seen = new Map<string, { until: number; more: number }>();

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly clock: { now(): number },
  ) {}

  note(queue: string, error: Error): void {
    const now = this.clock.now();
    const known = this.#seen.get(error.message);
    if (known && now < known.until) {
      known.more += 1;
      return;
    }
    this.#seen.set(error.message, { until: now + quietMs, more: 0 });
    this.logger.warn({ err: error, queue, before: known?.more }, 'queue connection trouble');
  }
}
