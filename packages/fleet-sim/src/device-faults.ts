import type { Objector } from '@muster/device-agent/executions/update-steps';
import { type Behaviour, drawFault, faultIn, type ReleaseFault } from './behaviour.js';

export interface FaultyDevice {
  serial: string;
  /** What it came with is well: a fault for any version is meant for what it gets. */
  cameWith: string;
  /** The first bytes of a download, where a release says how it behaves. */
  startOf(path: string): Uint8Array;
}

/** Which fault one device has with which release: given from outside, else planned for the fleet, else the release's own. */
export class DeviceFaults {
  /** Given from outside; `*` is any version, null lifts. */
  readonly given = new Map<string, ReleaseFault | null>();
  /** What releases brought with them, remembered because the device forgets the bytes. */
  readonly #own = new Map<string, ReleaseFault | null>();
  readonly #deferrals = new Map<string, number>();
  #drained = false;

  constructor(
    private readonly device: FaultyDevice,
    /** By version, `*` for any: which share of the devices meets which fault. */
    private readonly planned: Readonly<Record<string, Behaviour>> = {},
  ) {}

  /** With what a device runs. */
  of(version: string): ReleaseFault | null {
    return version === this.device.cameWith ? (this.given.get(version) ?? null) : (this.#known(version) ?? null);
  }

  /** With an artifact whose first bytes are there. */
  ofArtifact({ version, path }: { version: string; path: string }): ReleaseFault | null {
    const known = this.#known(version);
    if (known !== undefined) return known;
    const own = faultIn(this.device.startOf(path), this.device.serial);
    this.#own.set(version, own);
    return own;
  }

  /** Bytes a second, or null for what the network gives. */
  downloadSpeed(path: string): number | null {
    const { serial } = this.device;
    const fault = this.#known('*') ?? faultIn(this.device.startOf(path), serial);
    return fault?.kind === 'slow_download' ? fault.bytesPerS : null;
  }

  /** The battery was the newest reason to put an update off. */
  get drained(): boolean {
    return this.#drained;
  }

  /** What the device says to an offer; to a release's own faults only once it knows its first bytes. */
  readonly objection: Objector = async ({ manifest: { version, artifact } }, about) => {
    const fault =
      about === 'offer'
        ? (this.#known(version) ?? null)
        : this.ofArtifact({ version, path: `download/${artifact.sha256}` });
    if (fault?.kind === 'rejects') return { reasonCode: fault.code, reasonDetail: fault.detail };
    this.#drained = fault?.kind === 'defers' && (this.#deferrals.get(version) ?? 0) < fault.times;
    if (fault?.kind !== 'defers' || !this.#drained) return null;
    this.#deferrals.set(version, (this.#deferrals.get(version) ?? 0) + 1);
    const reasonDetail = `the battery is at ${DRAINED_PERCENT}%`;
    return { reasonCode: 'battery_low', reasonDetail, retryAfterS: fault.retryAfterS };
  };

  #known(version: string): ReleaseFault | null | undefined {
    if (this.given.has(version)) return this.given.get(version);
    const behaviour = this.planned[version] ?? this.planned['*'] ?? [];
    return this.given.get('*') ?? drawFault(behaviour, this.device.serial, version) ?? this.#own.get(version);
  }
}

export const DRAINED_PERCENT = 9;
