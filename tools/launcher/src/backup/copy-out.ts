import type { Client, Connection, Submittable } from 'pg';

interface CopyDataMessage {
  readonly chunk: Buffer;
}

/**
 * `COPY … TO STDOUT` over one connection, as pieces of about `pieceSize` bytes. `deliver` is awaited piece by piece,
 * and the socket rests meanwhile, so a slow disk never fills the memory. Resolves to the number of rows.
 */
export function copyOut(
  client: Client,
  sql: string,
  pieceSize: number,
  deliver: (piece: Buffer) => Promise<void>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(new CopyOut(sql, pieceSize, deliver, resolve, reject));
  });
}

class CopyOut implements Submittable {
  #pending: Buffer[] = [];
  #size = 0;
  #rows = 0;
  #failure: Error | null = null;
  #delivering: Promise<void> = Promise.resolve();

  constructor(
    private readonly sql: string,
    private readonly pieceSize: number,
    private readonly deliver: (piece: Buffer) => Promise<void>,
    private readonly resolve: (rows: number) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  submit(connection: Connection): void {
    connection.query(this.sql);
  }

  // pg calls these by name for the messages of the copy sub-protocol (PostgreSQL manual 54.2.6).
  handleCopyData({ chunk }: CopyDataMessage, connection: Connection): void {
    // The chunk is a window on the socket's buffer, which will be written over.
    this.#pending.push(Buffer.from(chunk));
    this.#size += chunk.length;
    if (this.#size >= this.pieceSize) this.#flush(connection);
  }

  handleCommandComplete(message: { text: string }): void {
    this.#rows = Number(message.text.split(' ')[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#flush(null);
    this.#delivering.then(
      () => (this.#failure ? this.reject(this.#failure) : this.resolve(this.#rows)),
      (error: Error) => this.reject(error),
    );
  }

  handleError(error: Error): void {
    this.#failure = error;
    // After a protocol-level error no ReadyForQuery may follow; rejecting twice does no harm.
    this.reject(error);
  }

  #flush(connection: Connection | null): void {
    if (this.#size === 0) return;
    const piece = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#size = 0;
    connection?.stream.pause();
    this.#delivering = this.#delivering.then(() => this.deliver(piece)).finally(() => connection?.stream.resume());
    this.#delivering.catch(() => {});
  }
}
