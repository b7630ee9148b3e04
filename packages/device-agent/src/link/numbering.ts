import { Document } from '../ports/document.js';
import type { Files } from '../ports/files.js';

/** Numbers taken from disk at once, so that not every message costs a write. Unused ones leave a gap after a restart. */
const BLOCK = 256;

interface Reserved {
  epoch: number;
  ceiling: number;
}

/** Numbers for a stream that keeps no history: they grow over restarts and never repeat within their epoch. */
export class Numbering {
  #next: number;
  #reserving: Promise<void> | null = null;

  private constructor(private readonly document: Document<Reserved>) {
    this.#next = document.value.ceiling;
  }

  static async open(files: Files, stream: string, newEpoch: () => number): Promise<Numbering> {
    const path = `numbers/${stream}.json`;
    const known = await files.read(path);
    const document = await Document.open<Reserved>(files, path, { epoch: known ? 0 : newEpoch(), ceiling: 1 });
    return new Numbering(document);
  }

  get epoch(): number {
    return this.document.value.epoch;
  }

  async next(): Promise<number> {
    while (this.#next >= this.document.value.ceiling) {
      this.#reserving ??= this.document.set({ epoch: this.epoch, ceiling: this.#next + BLOCK }).finally(() => {
        this.#reserving = null;
      });
      await this.#reserving;
    }
    return this.#next++;
  }
}
