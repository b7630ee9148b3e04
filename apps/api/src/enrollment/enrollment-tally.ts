import { Database } from '@muster/persistence/database';
import { enrollmentMinuteStore, type Outcome } from '@muster/persistence/enrollment/enrollment-minute.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KEPT_MS = 7 * 24 * HOUR_MS;

/**
 * Counts how enrolments end, by tenant, code and minute. Written behind the answers, one statement at a time however many
 * come meanwhile: a flood costs no more than a trickle. What a crash takes with it is at most that one statement's worth.
 */
@Injectable()
export class EnrollmentTally {
  #waiting = new Map<string, { outcome: Outcome; n: number }>();
  #writing: Promise<void> | null = null;
  #tidied = 0;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `tenantId` is empty for who proved nothing; `code` is a problem code, `issued` or `pending`. */
  count(tenantId: string, code: string): void {
    const minute = new Date(Math.floor(this.clock.now().getTime() / MINUTE_MS) * MINUTE_MS);
    const key = `${tenantId}/${code}/${minute.getTime()}`;
    const known = this.#waiting.get(key);
    if (known) known.n += 1;
    else this.#waiting.set(key, { outcome: { tenantId, minute, code, n: 0 }, n: 1 });
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()].map(({ outcome, n }) => ({ ...outcome, n }));
      this.#waiting = new Map();
      // Counting is no reason to refuse a device, and the next minute tells the story again.
      await this.#keep(batch).catch(() => {});
    }
    this.#writing = null;
  }

  async #keep(batch: readonly Outcome[]): Promise<void> {
    await enrollmentMinuteStore.add(this.database.statements, batch);
    const now = this.clock.now().getTime();
    if (now - this.#tidied < HOUR_MS) return;
    this.#tidied = now;
    await enrollmentMinuteStore.forget(this.database.statements, new Date(now - KEPT_MS));
  }
}
