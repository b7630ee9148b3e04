/**
 * Acknowledgements leave in the order in which messages came (MQTT 3.1.1 4.6, MQTT 5 4.6), although batches commit in any
 * order: an acknowledgement waits until all before it are ready.
 */
export class AckOrder {
  readonly #waiting: { id: number; ready: boolean }[] = [];

  constructor(private readonly send: (packetIds: readonly number[]) => void) {}

  /** How many messages are not acknowledged yet. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Registers a message; the returned function marks it as ready, any number of times. */
  add(packetId: number): () => void {
    const entry = { id: packetId, ready: false };
    this.#waiting.push(entry);
    return () => {
      entry.ready = true;
      if (this.#waiting[0]?.ready) this.#flush();
    };
  }

  /** Forgets everything: the connection these belong to is gone. */
  clear(): void {
    this.#waiting.length = 0;
  }

  #flush(): void {
    let ready = 0;
    while (this.#waiting[ready]?.ready) ready++;
    this.send(this.#waiting.splice(0, ready).map((entry) => entry.id));
  }
}
