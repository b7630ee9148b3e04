import type { Files } from './files.js';

/** One small JSON document that survives power loss. Reads once; writes follow one another. */
export class Document<T> {
  #value: T;
  #tail: Promise<void> = Promise.resolve();

  private constructor(
    private readonly files: Files,
    private readonly path: string,
    initial: T,
  ) {
    this.#value = initial;
  }

  /** Opens the document at `path`, or starts with `initial` when there is none yet. */
  static async open<T>(files: Files, path: string, initial: T): Promise<Document<T>> {
    const bytes = await files.read(path);
    return new Document(files, path, bytes ? (JSON.parse(bytes.toString()) as T) : initial);
  }

  get value(): T {
    return this.#value;
  }

  /** Takes effect at once in memory; resolves when it is durable. */
  set(value: T): Promise<void> {
    this.#value = value;
    const write = this.#tail.then(() => this.files.replace(this.path, JSON.stringify(value)));
    this.#tail = write.catch(() => undefined);
    return write;
  }
}
