interface Entry {
  readonly id: number;
  ready: boolean;
}

/**
 * Acknowledgements leave in the order in which messages came (MQTT 3.1.1 4.6, MQTT 5 4.6), although batches commit in any
 * order: an acknowledgement waits until all before it are ready. What becomes ready in one turn of the event loop, which
 * is a batch, leaves together: a TLS record each would be most of the work, for the broker too.
 */
export class AckOrder {
  #waiting: Entry[] = [];
  #flushing = false;

  /** `later` runs its argument when the turn is over. */
  constructor(
    private readonly send: (packetIds: readonly number[]) => void,
    private readonly later: (run: () => void) => void = setImmediate,
  ) {}

  /** How many messages are not acknowledged yet. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Registers a message; the returned function marks it as ready, any number of times. */
  add(packetId: number): () => void {
    const entry: Entry = { id: packetId, ready: false };
    this.#waiting.push(entry);
    return () => {
      entry.ready = true;
      if (this.#flushing || this.#waiting[0]?.ready !== true) return;
      this.#flushing = true;
      this.later(() => this.#flush());
    };
  }

  /** Forgets everything: the connection these belong to is gone. */
  clear(): void {
    this.#waiting = [];
  }

  #flush(): void {
    this.#flushing = false;
    const waiting = this.#waiting;
    let ready = 0;
    while (waiting[ready]?.ready) ready++;
    if (ready > 0) this.send(waiting.splice(0, ready).map(({ id }) => id));
  }
}
