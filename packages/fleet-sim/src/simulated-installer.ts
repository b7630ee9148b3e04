import type { Installed, Installer, InstallOutcome, Payload } from '@muster/device-agent/executions/installer';
import { type Clock, pause } from '@muster/device-agent/ports/clock';
import { Document } from '@muster/device-agent/ports/document';
import type { Files } from '@muster/device-agent/ports/files';
import type { ReleaseFault } from './behaviour.js';

interface InstallerState {
  current: Installed;
  other: Installed | null;
  trial: boolean;
  ended: string | null;
  /** A lying device: what it says it runs. */
  claimed: Installed | null;
}

export interface InstallerFaults {
  /** The fault of this release on this device, judged once its first bytes are known. */
  ofArtifact(payload: Pick<Payload, 'version' | 'path'>): ReleaseFault | null;
  /** The fault of a version that is in a place. */
  of(version: string): ReleaseFault | null;
}

export interface InstallerSurroundings {
  clock: Clock;
  faults: InstallerFaults;
  /** Longest time an installation takes, in milliseconds. */
  installMs: number;
  /** Nothing is to be heard of the device for this long. */
  silence(forMs: number): void;
  confirmed(version: string): void;
}

/** Two places that exist only as words, and the faults a scenario gives them. */
export class SimulatedInstaller implements Installer {
  private constructor(
    private readonly around: InstallerSurroundings,
    private readonly state: Document<InstallerState>,
  ) {}

  static async open(files: Files, around: InstallerSurroundings, factoryVersion: string): Promise<SimulatedInstaller> {
    const current: Installed = { version: factoryVersion, releaseId: null, sha256: null, rollbackIndex: 0 };
    const initial: InstallerState = { current, other: null, trial: false, ended: null, claimed: null };
    return new SimulatedInstaller(around, await Document.open(files, 'installer.json', initial));
  }

  /** What really runs, whatever is claimed. */
  get running(): string {
    return this.state.value.current.version;
  }

  /** What runs has not proved itself. */
  get onTrial(): boolean {
    return this.state.value.trial;
  }

  async current(): Promise<Installed> {
    return this.state.value.claimed ?? this.state.value.current;
  }

  async previous(): Promise<Installed | null> {
    return this.state.value.other;
  }

  async install(payload: Payload, progress: (percent: number) => void): Promise<InstallOutcome> {
    const { faults, silence, clock, installMs } = this.around;
    const fault = faults.ofArtifact(payload);
    if (fault?.kind === 'goes_silent') silence(fault.forMs);
    const takesMs = fault?.kind === 'installs_late' ? fault.afterMs : installMs;
    for (let percent = 20; percent <= 100; percent += 20) {
      await pause(clock, takesMs / 5);
      // A progress report would tell the server that it need not give up.
      if (fault?.kind !== 'installs_late') progress(percent);
      if (fault?.kind === 'fails_install' && percent >= fault.atPercent)
        return { ok: false, code: 'install_failed', detail: `writing the slot failed at ${fault.atPercent}%` };
    }
    const { version, releaseId, sha256, rollbackIndex } = payload;
    await this.#set({ other: { version, releaseId, sha256, rollbackIndex } });
    return { ok: true };
  }

  async activate(): Promise<void> {
    const { current, other } = this.state.value;
    if (!other || this.state.value.trial) return;
    const fault = this.around.faults.of(other.version);
    if (fault?.kind === 'lies') await this.#set({ claimed: other, trial: true, ended: null });
    else if (fault?.kind === 'crashes') await this.#set({ trial: false, ended: 'did not stay up in 3 starts' });
    else await this.#set({ current: other, other: current, trial: true, ended: null, claimed: null });
  }

  async confirm(): Promise<void> {
    await this.#set({ trial: false });
    this.around.confirmed(this.state.value.current.version);
  }

  async revert(): Promise<void> {
    const { current, other, claimed } = this.state.value;
    if (claimed) await this.#set({ claimed: null, trial: false });
    else if (other) await this.#set({ current: other, other: current, trial: false });
  }

  async endedTrial(): Promise<string | null> {
    return this.state.value.ended;
  }

  async check(): Promise<{ healthy: boolean; detail: string | null }> {
    const fault = this.around.faults.of(this.state.value.current.version);
    return fault?.kind === 'unhealthy' ? { healthy: false, detail: fault.detail } : { healthy: true, detail: null };
  }

  async #set(change: Partial<InstallerState>): Promise<void> {
    await this.state.set({ ...this.state.value, ...change });
  }
}
