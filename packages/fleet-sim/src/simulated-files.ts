import type { PartFile } from '@muster/device-agent/ports/files';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';

const START_BYTES = 16 * 1024;
/** Telemetry and downloads are not worth keeping over a restart of the simulator. */
const VOLATILE = /^(queue\/telemetry|download)\//;

/**
 * Files of one simulated device, in memory. Keeps the start of each download, where a release says how it behaves, and
 * tells when something changed that a restart of the simulator should remember.
 */
export class SimulatedFiles extends MemoryFiles {
  readonly #starts = new Map<string, Buffer>();

  constructor(
    private readonly changed: () => void = () => undefined,
    private readonly slowness: (path: string) => number | null = () => null,
  ) {
    super();
  }

  startOf(path: string): Uint8Array {
    return this.#starts.get(path) ?? new Uint8Array();
  }

  override async replace(path: string, content: Uint8Array | string): Promise<void> {
    await super.replace(path, content);
    if (!VOLATILE.test(path)) this.changed();
  }

  override async part(path: string): Promise<PartFile> {
    const part = await super.part(path);
    const take = async (bytes: Uint8Array) => {
      const start = this.#starts.get(path) ?? Buffer.alloc(0);
      if (start.length < START_BYTES) this.#starts.set(path, Buffer.concat([start, bytes]).subarray(0, START_BYTES));
      const bytesPerS = this.slowness(path);
      if (bytesPerS !== null) await new Promise((resolve) => setTimeout(resolve, (bytes.length / bytesPerS) * 1000));
      await part.write(bytes);
    };
    return {
      get size() {
        return part.size;
      },
      get hash() {
        return part.hash;
      },
      write: take,
      sync: () => part.sync(),
      close: () => part.close(),
    };
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
