/**
 * How many transactions of this process may wait for a signature at once. Fewer than there are connections, so that a token
 * or a vault that is slow or away leaves some to everybody else; who comes beyond that waits without a connection.
 */
export class IssuingLanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(lanes: number) {
    this.#free = lanes;
  }

  /** Seven of ten connections. */
  static of(connections: number): IssuingLanes {
    return new IssuingLanes(Math.max(1, Math.floor(connections * 0.7)));
  }

  /** In the order they came. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
