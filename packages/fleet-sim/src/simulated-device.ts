import { Agent } from '@muster/device-agent/agent';
import type { AgentOptions } from '@muster/device-agent/agent-ports';
import { agentVersion } from '@muster/device-agent/agent-version';
import { enroll } from '@muster/device-agent/identity/enroll';
import type { DeviceDescription } from '@muster/device-agent/identity/identity';
import { IdentityStore } from '@muster/device-agent/identity/identity-store';
import { type Clock, pause, systemClock } from '@muster/device-agent/ports/clock';
import { Document } from '@muster/device-agent/ports/document';
import { type Log, silentLog } from '@muster/device-agent/ports/log';
import { nodeNet } from '@muster/device-agent/ports/node-net';
import { faultIn, type ReleaseFault } from './behaviour.js';
import { chance, chanceStream } from './chance.js';
import { type Place, pastSignals, sampleSignals } from './signals.js';
import { SimulatedFiles } from './simulated-files.js';
import { SimulatedInstaller } from './simulated-installer.js';
import { SimulatedNet } from './simulated-net.js';

export interface DevicePlan {
  description: DeviceDescription;
  url: string;
  token: string;
  site: string;
  place: Place;
  firmwareVersion: string;
}

export interface Tempo {
  /** Longest installation and longest restart, in milliseconds; each device takes its own share of them. */
  installMs: number;
  restartMs: number;
  telemetryS: number;
  /** How many hours of the past a device tells when it is new. */
  pastHours: number;
  agent: Partial<AgentOptions>;
}

export const realTempo: Tempo = { installMs: 4_000, restartMs: 4_000, telemetryS: 10, pastHours: 0, agent: {} };

const PAST_STEP_MS = 300_000;

/** One device: the agent's own core in a simulated world, restarted, cut off and misled as a scenario says. */
export class SimulatedDevice {
  readonly files: SimulatedFiles;
  readonly net = new SimulatedNet(nodeNet);
  /** Faults given from outside, before those a release brings with it. `*` means any version. */
  readonly releaseFaults = new Map<string, ReleaseFault | null>();
  #clockOffsetMs = 0;
  #agent: Agent | null = null;
  #installer: SimulatedInstaller | null = null;
  #boots = 0;
  #stopped = false;
  #bricked = false;
  #turn: Promise<void> = Promise.resolve();
  readonly #clock: Clock;

  constructor(
    readonly plan: DevicePlan,
    private readonly seed: number,
    private readonly tempo: Tempo,
    changed: () => void = () => undefined,
    private readonly log: Log = silentLog,
  ) {
    this.#clock = { ...systemClock, now: () => new Date(Date.now() + this.#clockOffsetMs) };
    this.files = new SimulatedFiles(changed, (path) => this.#downloadSpeed(path));
  }

  get serial(): string {
    return this.plan.description.serial;
  }

  get deviceId(): string | null {
    return this.#agent?.deviceId ?? null;
  }

  get online(): boolean {
    return this.#agent?.online ?? false;
  }

  get backlog(): number {
    return this.#agent?.backlog ?? 0;
  }

  /** What really runs on it, whatever it claims. */
  get runningVersion(): string {
    return this.#installer?.running ?? this.plan.firmwareVersion;
  }

  /** A release left it unable to start. */
  get bricked(): boolean {
    return this.#bricked;
  }

  get agent(): Agent | null {
    return this.#agent;
  }

  /** Enrols unless it has an identity. Throws when the server refuses. */
  async enroll(): Promise<IdentityStore> {
    const known = await IdentityStore.open(this.files);
    if (known) return known;
    const { description, url, token } = this.plan;
    const identity = await enroll(
      { files: this.files, net: this.net },
      { ...description, synthetic: true, url, token, agentVersion },
    );
    return IdentityStore.create(this.files, identity);
  }

  /** Enrols if needed, then runs until `stop`. Resolves once it is running; connecting takes its own time. */
  async start(firstWaitMs = 0): Promise<void> {
    const store = await this.enroll();
    this.#stopped = false;
    await this.#boot(store, firstWaitMs);
    await this.#tellPast();
  }

  async stop(polite = true): Promise<void> {
    this.#stopped = true;
    await this.#turn;
    await this.#agent?.stop(polite);
    this.#agent = null;
  }

  /** Ends this run as a power cut would and starts the next one. */
  crash(): Promise<void> {
    return this.#restart(false, 0);
  }

  setOffline(offline: boolean): Promise<void> {
    return this.net.setOffline(offline);
  }

  /** Its clock stands this far from the real time. */
  setClockOffset(ms: number): void {
    this.#clockOffsetMs = ms;
  }

  /** Lifts a brick. */
  async revive(): Promise<void> {
    if (!this.#bricked) return;
    this.#bricked = false;
    const store = await IdentityStore.open(this.files);
    if (store) await this.#boot(store, 0);
  }

  async #boot(store: IdentityStore, firstWaitMs: number): Promise<void> {
    const { description, firmwareVersion, place } = this.plan;
    const installer = await SimulatedInstaller.open(this.files, this.#clock, this.#installerFaults(), firmwareVersion);
    this.#installer = installer;
    this.net.faults.heartbeatVersion = () => installer.running;
    const bootId = `${this.serial}.${this.seed}.${++this.#boots}.${Date.now().toString(36)}`;
    const agent = await Agent.open(
      {
        clock: this.#clock,
        files: this.files,
        net: this.net,
        random: chanceStream(this.seed, this.serial, bootId),
        installer,
        log: this.log,
        power: { bootId, restart: () => void this.#restart(true, this.#share('restart') * this.tempo.restartMs) },
        sample: sampleSignals(this.#clock, this.serial, place),
        powerSource: async () => ({ source: 'mains' }),
        freeDisk: async () => null,
      },
      store,
      { device: description, telemetryS: this.tempo.telemetryS, ...this.tempo.agent },
    );
    this.#agent = agent;
    await agent.start(firstWaitMs);
  }

  #restart(polite: boolean, waitMs: number): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#stopped) return;
      await this.#agent?.stop(polite);
      this.#agent = null;
      await pause(this.#clock, waitMs);
      const store = await IdentityStore.open(this.files);
      if (this.#stopped || !store) return;
      if (this.#faultOfVersion(this.runningVersion)?.kind === 'bricks') {
        this.#bricked = true;
        return;
      }
      await this.#boot(store, 0);
    });
    this.#turn = turn.catch((error) => this.log.warn('restart failed', { reason: String(error) }));
    return this.#turn;
  }

  #installerFaults() {
    return {
      installMs: this.tempo.installMs * (0.25 + 0.75 * this.#share('install')),
      faultOf: ({ version, path }: { version: string; path: string }): ReleaseFault | null => {
        const fault = this.#given(version) ?? faultIn(this.files.startOf(path), this.serial);
        if (!this.releaseFaults.has(version)) this.releaseFaults.set(version, fault);
        return fault;
      },
      faultOfVersion: (version: string) => this.#faultOfVersion(version),
      confirmed: (version: string) => this.#confirmed(version),
    };
  }

  #given(version: string): ReleaseFault | null | undefined {
    return this.releaseFaults.get(version) ?? this.releaseFaults.get('*');
  }

  #faultOfVersion(version: string): ReleaseFault | null {
    // What it came with is well: a fault for any version is meant for what it gets.
    return version === this.plan.firmwareVersion
      ? (this.releaseFaults.get(version) ?? null)
      : (this.#given(version) ?? null);
  }

  #confirmed(version: string): void {
    const fault = this.#faultOfVersion(version);
    if (fault?.kind !== 'falls_back') return;
    this.#clock.after(fault.afterMs, () => {
      if (this.#stopped || this.runningVersion !== version) return;
      void this.#installer?.revert().then(() => this.#restart(true, this.#share('restart') * this.tempo.restartMs));
    });
  }

  #downloadSpeed(path: string): number | null {
    const fault = this.releaseFaults.get('*') ?? faultIn(this.files.startOf(path), this.serial);
    return fault?.kind === 'slow_download' ? fault.bytesPerS : null;
  }

  /** A new device of the demo has a past, so that its charts are not empty. Told once. */
  async #tellPast(): Promise<void> {
    if (this.tempo.pastHours <= 0) return;
    const told = await Document.open(this.files, 'past.json', { told: false });
    if (told.value.told) return;
    await told.set({ told: true });
    const past = pastSignals(
      this.#clock.now(),
      this.serial,
      this.plan.place,
      this.tempo.pastHours * 3_600_000,
      PAST_STEP_MS,
    );
    for (const { producedAt, body } of past) await this.#agent?.offerTelemetry(body, null, producedAt);
  }

  #share(purpose: string): number {
    return chance(this.seed, this.serial, purpose);
  }
}
