import type { Hash } from 'node:crypto';

/** Together at most; a simulator is not an archive. */
const MOST_BYTES = 128 << 20;
/** So many devices gather the same artifact at once, in case one of them never ends. */
const GATHERERS = 3;

/**
 * Artifacts of a simulated fleet, by digest, once for all devices: the agent's core makes an artifact from a delta out of
 * real bytes, and ten thousand devices cannot each keep theirs.
 */
export class ArtifactPool {
  readonly #whole = new Map<string, Buffer>();
  readonly #gathering = new Map<string, number>();
  readonly #starts = new Map<string, Buffer>();
  #bytes = 0;

  get(digest: string): Buffer | null {
    return this.#whole.get(digest) ?? null;
  }

  /** A place to gather the bytes of a download that begins, or null when others do it already. */
  gather(digest: string): Gathering | null {
    const gatherers = this.#gathering.get(digest) ?? 0;
    if (this.#whole.has(digest) || gatherers >= GATHERERS) return null;
    this.#gathering.set(digest, gatherers + 1);
    const chunks: Buffer[] = [];
    let size = 0;
    return {
      add: (bytes) => {
        size += bytes.length;
        if (size <= MOST_BYTES) chunks.push(Buffer.from(bytes));
        else chunks.length = 0;
      },
      finish: (hash) => {
        if (size > MOST_BYTES || hash.copy().digest('hex') !== digest) return false;
        this.#gathering.delete(digest);
        this.#put(digest, Buffer.concat(chunks));
        return true;
      },
      drop: () => {
        this.#gathering.set(digest, Math.max(0, (this.#gathering.get(digest) ?? 0) - 1));
      },
    };
  }

  /** The same bytes once, however many devices have them. */
  shareStart(digest: string, start: Buffer): Buffer {
    const known = this.#starts.get(digest);
    if (known?.equals(start)) return known;
    this.#starts.set(digest, start);
    return start;
  }

  #put(digest: string, content: Buffer): void {
    if (this.#whole.has(digest)) return;
    this.#whole.set(digest, content);
    this.#bytes += content.length;
    for (const [oldest, bytes] of this.#whole) {
      if (this.#bytes <= MOST_BYTES || oldest === digest) break;
      this.#whole.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}

export interface Gathering {
  add(bytes: Uint8Array): void;
  /** Whether what was gathered is the artifact; it is kept then. */
  finish(hash: Hash): boolean;
  /** It will not be whole: another device may gather. */
  drop(): void;
}
