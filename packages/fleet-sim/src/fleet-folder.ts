import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedDevice } from './simulated-device.js';

/** Changes of one device are put together for this long before they are written. */
const LINGER_MS = 1_000;

/** What simulated devices remember over a restart of the simulator: one small file each. */
export class FleetFolder {
  readonly #due = new Map<string, NodeJS.Timeout>();
  readonly #writing = new Map<string, Promise<void>>();
  readonly #devices = new Map<string, SimulatedDevice>();

  constructor(private readonly folder: string) {}

  async adopt(device: SimulatedDevice): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    this.#devices.set(device.serial, device);
    const text = await readFile(this.#pathOf(device.serial), 'utf8').catch(() => null);
    if (text !== null) await device.files.restore(JSON.parse(text) as Record<string, string>);
  }

  changed(serial: string): void {
    if (this.#due.has(serial)) return;
    this.#due.set(
      serial,
      setTimeout(() => void this.#write(serial), LINGER_MS),
    );
  }

  /** Writes everything that waits. */
  async flush(): Promise<void> {
    await Promise.all([...this.#devices.keys()].map((serial) => this.#write(serial)));
  }

  #write(serial: string): Promise<void> {
    clearTimeout(this.#due.get(serial));
    this.#due.delete(serial);
    const write = (this.#writing.get(serial) ?? Promise.resolve()).then(async () => {
      const device = this.#devices.get(serial);
      if (!device) return;
      const path = this.#pathOf(serial);
      await writeFile(`${path}.new`, JSON.stringify(await device.files.snapshot()), { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    this.#writing.set(
      serial,
      write.catch(() => undefined),
    );
    return write;
  }

  #pathOf(serial: string): string {
    return join(this.folder, `${serial}.json`);
  }
}
