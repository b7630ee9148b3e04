import { once } from 'node:events';
import type { Client, Connection, Submittable } from 'pg';

/** The parts of pg's connection that speak the copy sub-protocol; its type definitions leave them out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** An open `COPY … FROM STDIN`. */
export interface CopyIn {
  write(piece: Buffer): Promise<void>;
  /** Resolves to the number of rows stored. */
  end(): Promise<number>;
}

/** Begins a `COPY … FROM STDIN` on `client`; nothing else may be asked of the client until `end`. */
export function copyIn(client: Client, sql: string): CopyIn {
  const copy = new OpenCopy(sql);
  client.query(copy);
  return copy;
}

class OpenCopy implements CopyIn, Submittable {
  readonly #open = Promise.withResolvers<CopyConnection>();
  readonly #done = Promise.withResolvers<number>();
  #rows = 0;
  #failed = false;

  constructor(private readonly sql: string) {
    this.#open.promise.catch(() => {});
    this.#done.promise.catch(() => {});
  }

  async write(piece: Buffer): Promise<void> {
    const connection = await this.#open.promise;
    if (this.#failed) return;
    connection.sendCopyFromChunk(piece);
    if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain');
  }

  async end(): Promise<number> {
    const connection = await this.#open.promise;
    if (!this.#failed) connection.endCopyFrom();
    return this.#done.promise;
  }

  submit(connection: Connection): void {
    connection.query(this.sql);
  }

  handleCopyInResponse(connection: Connection): void {
    this.#open.resolve(connection as CopyConnection);
  }

  handleCommandComplete(message: { text: string }): void {
    this.#rows = Number(message.text.split(' ')[1] ?? 0);
  }

  handleReadyForQuery(): void {
    this.#done.resolve(this.#rows);
  }

  handleError(error: Error): void {
    this.#failed = true;
    this.#open.reject(error);
    this.#done.reject(error);
  }
}
