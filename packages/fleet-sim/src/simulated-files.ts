import type { PartFile } from '@muster/device-agent/ports/files';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { ArtifactPool, type Gathering } from './artifact-pool.js';

const START_BYTES = 16 * 1024;
const DOWNLOAD = /^download\//;
/** Telemetry and downloads are not worth keeping over a restart of the simulator. */
const VOLATILE = /^(queue\/telemetry|download)\//;

const digestOf = (path: string): string => path.replace(DOWNLOAD, '');

export interface FilesOptions {
  /** Something changed that a restart of the simulator should remember. */
  changed?: () => void;
  /** Bytes a second at which a download may come, or null. */
  slowness?: (path: string) => number | null;
  pool?: ArtifactPool;
}

/** Files of one simulated device, in memory. Of downloads it keeps the start, where a release says how it behaves. */
export class SimulatedFiles extends MemoryFiles {
  readonly #starts = new Map<string, Buffer>();
  readonly #gathering = new Map<string, Gathering | null>();
  readonly #changed: () => void;
  readonly #slowness: (path: string) => number | null;
  readonly #pool: ArtifactPool;

  constructor({ changed = () => {}, slowness = () => null, pool = new ArtifactPool() }: FilesOptions = {}) {
    super();
    this.#changed = changed;
    this.#slowness = slowness;
    this.#pool = pool;
  }

  startOf(path: string): Uint8Array {
    return this.#starts.get(path) ?? new Uint8Array();
  }

  /** A download is read back from the pool, as far as this device has it whole. */
  override async read(path: string): Promise<Buffer | null> {
    const own = await super.read(path);
    if (own !== null || !DOWNLOAD.test(path)) return own;
    const pooled = this.#pool.get(digestOf(path));
    return pooled !== null && pooled.length === (await this.size(path)) ? pooled : null;
  }

  override async replace(path: string, content: Uint8Array | string): Promise<void> {
    await super.replace(path, content);
    if (!VOLATILE.test(path)) this.#changed();
  }

  override async remove(path: string): Promise<void> {
    this.#starts.delete(path);
    this.#gathering.get(path)?.drop();
    this.#gathering.delete(path);
    await super.remove(path);
  }

  override async part(path: string): Promise<PartFile> {
    const part = await super.part(path);
    if (part.size === 0) this.#gathering.set(path, this.#pool.gather(digestOf(path)));
    const write = async (bytes: Uint8Array) => {
      this.#noteStart(path, bytes);
      const bytesPerS = this.#slowness(path);
      if (bytesPerS !== null) await new Promise((resolve) => setTimeout(resolve, (bytes.length / bytesPerS) * 1000));
      this.#gathering.get(path)?.add(bytes);
      await part.write(bytes);
    };
    return {
      get size() {
        return part.size;
      },
      get hash() {
        return part.hash;
      },
      write,
      sync: () => part.sync(),
      close: async () => {
        if (this.#gathering.get(path)?.finish(part.hash)) this.#gathering.delete(path);
        await part.close();
      },
    };
  }

  #noteStart(path: string, bytes: Uint8Array): void {
    const start = this.#starts.get(path) ?? Buffer.alloc(0);
    if (start.length >= START_BYTES) return;
    const more = Buffer.concat([start, bytes]).subarray(0, START_BYTES);
    this.#starts.set(path, this.#pool.shareStart(digestOf(path), more));
  }

  /** Everything a restart of the simulator needs. */
  async snapshot(): Promise<Record<string, string>> {
    const kept: Record<string, string> = {};
    for (const path of this.paths()) {
      if (VOLATILE.test(path)) continue;
      const bytes = await this.read(path);
      if (bytes) kept[path] = bytes.toString('base64');
    }
    return kept;
  }

  async restore(snapshot: Record<string, string>): Promise<void> {
    for (const [path, content] of Object.entries(snapshot)) await super.replace(path, Buffer.from(content, 'base64'));
  }
}
