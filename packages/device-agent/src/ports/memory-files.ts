import { createHash, type Hash } from 'node:crypto';
import type { AppendFile, Files, PartFile } from './files.js';

interface Entry {
  chunks: Buffer[];
  size: number;
  /** Bytes that survive a power cut. */
  durable: number;
}

/**
 * Files in memory, for simulated devices and tests. `cutPower` forgets what was not synced, as a real disk may. Partly
 * downloaded files keep their length and hash only: a simulated device never looks at firmware bytes again.
 */
export class MemoryFiles implements Files {
  readonly #entries = new Map<string, Entry>();
  readonly #parts = new Map<string, { size: number; hash: Hash }>();

  cutPower(): void {
    for (const [path, entry] of this.#entries) {
      const kept = Buffer.concat(entry.chunks).subarray(0, entry.durable);
      this.#entries.set(path, { chunks: [kept], size: kept.length, durable: kept.length });
    }
  }

  paths(): string[] {
    return [...this.#entries.keys()];
  }

  async read(path: string): Promise<Buffer | null> {
    const entry = this.#entries.get(path);
    if (!entry) return null;
    if (entry.chunks.length !== 1) entry.chunks = [Buffer.concat(entry.chunks)];
    return entry.chunks[0]!;
  }

  async size(path: string): Promise<number> {
    return this.#entries.get(path)?.size ?? this.#parts.get(path)?.size ?? 0;
  }

  async replace(path: string, content: Uint8Array | string): Promise<void> {
    const bytes = Buffer.from(content as string);
    this.#entries.set(path, { chunks: [bytes], size: bytes.length, durable: bytes.length });
  }

  async append(path: string): Promise<AppendFile> {
    const entry = this.#entries.get(path) ?? { chunks: [], size: 0, durable: 0 };
    this.#entries.set(path, entry);
    return {
      get size() {
        return entry.size;
      },
      write: async (bytes) => {
        entry.chunks.push(Buffer.from(bytes));
        entry.size += bytes.length;
      },
      sync: async () => {
        entry.durable = entry.size;
      },
      close: async () => undefined,
    };
  }

  async truncate(path: string, size: number): Promise<void> {
    const kept = ((await this.read(path)) ?? Buffer.alloc(0)).subarray(0, size);
    this.#entries.set(path, { chunks: [kept], size, durable: size });
  }

  async remove(path: string): Promise<void> {
    this.#entries.delete(path);
    this.#parts.delete(path);
  }

  async list(folder: string): Promise<string[]> {
    const prefix = `${folder}/`;
    const names = [...this.#entries.keys(), ...this.#parts.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    return names.filter((name) => !name.includes('/')).sort();
  }

  async part(path: string): Promise<PartFile> {
    const entry = this.#parts.get(path) ?? { size: 0, hash: createHash('sha256') };
    this.#parts.set(path, entry);
    return {
      get size() {
        return entry.size;
      },
      get hash() {
        return entry.hash;
      },
      write: async (bytes) => {
        entry.hash.update(bytes);
        entry.size += bytes.length;
      },
      sync: async () => undefined,
      close: async () => undefined,
    };
  }
}
