import { Database } from '@muster/persistence/database';
import { type Letter, outbox } from '@muster/persistence/outbox/outbox.store';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { LOG, type Log } from '../http/log.js';
import { LetterWindow } from './letter-window.js';

const BATCH = 500;
const WINDOW = 5_000;

export interface LettersRead {
  readonly letters: readonly Letter[];
  /** Read up to here; letters of other tenants lie between. */
  readonly upTo: number;
  /**
   * The reader missed letters that are no longer kept, or too many of them, or knows a position that was never given
   * (the database came back from a backup): it has to read afresh.
   */
  readonly missed: boolean;
}

/** Follows the outbox once per process and wakes the open streams. */
@Injectable()
export class LiveHub implements OnApplicationBootstrap, OnApplicationShutdown {
  #window = new LetterWindow(0, WINDOW);
  #stop: () => Promise<void> = async () => {};
  #wakers = new Set<() => void>();
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(
    private readonly database: Database,
    @Inject(LOG) private readonly log: Log,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#stop = await this.database.listen('muster_outbox', () => void this.#advance());
    this.#window = new LetterWindow(await this.database.system((tx) => outbox.head(tx)), WINDOW);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#stop();
    for (const wake of this.#wakers) wake();
  }

  get head(): number {
    return this.#window.head;
  }

  /** Calls `wake` whenever there may be something new; returns how to stop that. */
  subscribe(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  /** Letters of a tenant after `position`, from memory or, for a reader that comes back, from the database. */
  async read(tenantId: string, position: number): Promise<LettersRead> {
    // Another process may have told the reader more than NOTIFY has brought here so far.
    if (position > this.#window.head) await this.#advance();
    const head = this.#window.head;
    if (position > head) return { letters: [], upTo: head, missed: true };
    const recent = this.#window.after(position);
    if (recent) return { letters: recent.filter((letter) => letter.tenantId === tenantId), upTo: head, missed: false };
    const tail = await this.database.system((tx) => outbox.tail(tx));
    const kept = await this.database.tenant(tenantId, (tx) => outbox.after(tx, position, BATCH + 1));
    const missed = tail === null || position + 1 < tail || kept.length > BATCH;
    return { letters: missed ? [] : kept.filter((letter) => letter.position <= head), upTo: head, missed };
  }

  /** One read at a time; a NOTIFY that comes meanwhile causes one more. */
  #advance(): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#follow().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #follow(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        const letters = await this.database.system((tx) => outbox.after(tx, this.#window.head, BATCH));
        this.#window.add(letters);
        if (letters.length === BATCH) this.#again = true;
        if (letters.length > 0) for (const wake of this.#wakers) wake();
      } catch (error) {
        // The next NOTIFY, or the listener's reconnect, tries again from the same head.
        this.log.warn({ err: error }, 'live stream could not read the outbox');
      }
    }
  }
}
