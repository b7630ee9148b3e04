import type { Clock } from '@muster/runtime/clock/clock';

/** How long an answer stands for everybody of a tenant who asks. */
const STANDS_MS = 10_000;
const MOST = 1_000;

interface Answer<T> {
  readonly until: number;
  readonly value: Promise<T>;
}

/** One question at a time for a tenant, whoever asks: counting a million rows for each of ten open pages would be ten times. */
export class SharedAnswers<T> {
  readonly #answers = new Map<string, Answer<T>>();

  constructor(private readonly clock: Clock) {}

  ask(tenantId: string, read: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(tenantId);
    if (known !== undefined && known.until > this.clock.monotonic()) return known.value;
    const value = read();
    if (this.#answers.size >= MOST) this.#answers.clear();
    this.#answers.set(tenantId, { until: this.clock.monotonic() + STANDS_MS, value });
    value.catch(() => this.#answers.delete(tenantId));
    return value;
  }
}
