import { Agent } from '@muster/device-agent/agent';
import type { AgentOptions } from '@muster/device-agent/agent-ports';
import { agentVersion } from '@muster/device-agent/agent-version';
import { enroll } from '@muster/device-agent/identity/enroll';
import type { DeviceDescription } from '@muster/device-agent/identity/identity';
import { IdentityStore } from '@muster/device-agent/identity/identity-store';
import type { WayIn } from '@muster/device-agent/identity/way-in';
import { type Clock, pause, systemClock } from '@muster/device-agent/ports/clock';
import { Document } from '@muster/device-agent/ports/document';
import { type Log, silentLog } from '@muster/device-agent/ports/log';
import { nodeNet } from '@muster/device-agent/ports/node-net';
import { Ailment } from './ailment.js';
import type { ArtifactPool } from './artifact-pool.js';
import type { Behaviour } from './behaviour.js';
import { chance, chanceStream } from './chance.js';
import { DeviceFaults, DRAINED_PERCENT } from './device-faults.js';
import { isThere, type PresenceHabit } from './presence.js';
import { type SensorFault, SensorFaults, type SensorTrouble } from './sensor-faults.js';
import { freeDiskOf, type Place, pastSignals, powerAt, type Sensing, sampleSignals, signalsAt } from './signals.js';
import { SimulatedFiles } from './simulated-files.js';
import { type InstallerSurroundings, SimulatedInstaller } from './simulated-installer.js';
import { SimulatedNet } from './simulated-net.js';

export interface DevicePlan {
  description: DeviceDescription;
  url: string;
  /** A token that lets it in, or another way. */
  token: string | Exclude<WayIn, { token: string }>;
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

export interface DeviceOptions {
  /** Something changed that a restart of the simulator should remember. */
  changed?: () => void;
  log?: Log;
  /** Faults planned for the fleet, of which the device draws its own. */
  faults?: Readonly<Record<string, Behaviour>>;
  presence?: PresenceHabit | null;
  /** What is wrong with its sensors, or with what they measure. */
  sensors?: readonly SensorTrouble[];
  pool?: ArtifactPool;
}

/** One device: the agent's own core in a simulated world, restarted, cut off and misled as a scenario says. */
export class SimulatedDevice {
  readonly files: SimulatedFiles;
  readonly net = new SimulatedNet(nodeNet);
  readonly faults: DeviceFaults;
  readonly sensors: SensorFaults;
  #clockOffsetMs = 0;
  #agent: Agent | null = null;
  #installer: SimulatedInstaller | null = null;
  #boots = 0;
  #stopped = false;
  #bricked = false;
  #turn: Promise<void> = Promise.resolve();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #ailment: Ailment;

  constructor(
    readonly plan: DevicePlan,
    private readonly seed: number,
    private readonly tempo: Tempo,
    private readonly options: DeviceOptions = {},
  ) {
    const { changed, pool, log = silentLog, faults = {} } = options;
    this.#clock = { ...systemClock, now: () => new Date(Date.now() + this.#clockOffsetMs) };
    this.#log = log;
    this.sensors = new SensorFaults(options.sensors);
    this.files = new SimulatedFiles({
      slowness: (path) => this.faults.downloadSpeed(path),
      ...(changed && { changed }),
      ...(pool && { pool }),
    });
    const cameWith = plan.firmwareVersion;
    this.faults = new DeviceFaults(
      { serial: this.serial, cameWith, startOf: (path) => this.files.startOf(path) },
      faults,
    );
    this.#ailment = new Ailment(this.#clock, this.serial);
    this.net.changeHeartbeat = (heartbeat) =>
      this.#ailment.change({ ...heartbeat, firmwareVersion: this.runningVersion });
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
      { ...description, synthetic: true, url, agentVersion, ...(typeof token === 'string' ? { token } : token) },
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
    return this.net.cut('scenario', offline);
  }

  /** Is there or away, as its habit has it at this moment. */
  async keepHabit(): Promise<void> {
    const { presence = null } = this.options;
    const { place } = this.plan;
    if (presence !== null)
      await this.net.cut('presence', !isThere(presence, this.#clock.now(), { serial: this.serial, place }));
  }

  /** Its clock stands this far from the real time. */
  setClockOffset(ms: number): void {
    this.#clockOffsetMs = ms;
  }

  /** From now on a sensor, or what it measures, is as the fault says; or is well again. */
  setSensorFault(fault: SensorFault, lift = false): void {
    if (lift) this.sensors.lift(fault);
    else this.sensors.give(fault, this.#clock.now());
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
    const installer = await SimulatedInstaller.open(this.files, this.#aroundInstaller(), firmwareVersion);
    this.#installer = installer;
    const bootId = `${this.serial}.${this.seed}.${++this.#boots}.${Date.now().toString(36)}`;
    if (!installer.onTrial) this.#ailment.began(this.faults.of(installer.running));
    const agent = await Agent.open(
      {
        clock: this.#clock,
        files: this.files,
        net: this.net,
        random: chanceStream(this.seed, this.serial, bootId),
        installer,
        log: this.#log,
        power: { bootId, restart: () => void this.#restart(true, this.#share('restart') * this.tempo.restartMs) },
        sample: sampleSignals(this.#clock, this.#sense, () => this.#ailment.shift),
        powerSource: async () =>
          this.faults.drained
            ? { source: 'battery', batteryPercent: DRAINED_PERCENT }
            : powerAt(this.#clock.now(), this.serial, place),
        freeDisk: async () => freeDiskOf(this.serial),
      },
      store,
      {
        device: description,
        telemetryS: this.tempo.telemetryS,
        objection: this.faults.objection,
        ...this.tempo.agent,
      },
    );
    this.#agent = agent;
    await agent.start(firstWaitMs);
    this.#crashAsTold(agent, installer);
  }

  /** A release that crashes some time after it came up. */
  #crashAsTold(agent: Agent, installer: SimulatedInstaller): void {
    const fault = this.faults.of(installer.running);
    if (fault?.kind !== 'crash_loops') return;
    this.#clock.after(fault.everyMs, () => {
      if (!this.#stopped && this.#agent === agent) void this.crash();
    });
  }

  #restart(polite: boolean, waitMs: number): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (this.#stopped) return;
      await this.#agent?.stop(polite);
      this.#agent = null;
      await pause(this.#clock, waitMs);
      const store = await IdentityStore.open(this.files);
      if (this.#stopped || !store) return;
      if (this.faults.of(this.runningVersion)?.kind === 'bricks') {
        this.#bricked = true;
        return;
      }
      await this.#boot(store, 0);
    });
    this.#turn = turn.catch((error) => this.#log.warn('restart failed', { reason: String(error) }));
    return this.#turn;
  }

  #aroundInstaller(): InstallerSurroundings {
    return {
      clock: this.#clock,
      faults: this.faults,
      installMs: this.tempo.installMs * (0.25 + 0.75 * this.#share('install')),
      silence: (forMs) => {
        void this.net.cut('silence', true);
        this.#clock.after(forMs, () => void this.net.cut('silence', false));
      },
      confirmed: (version) => this.#confirmed(version),
    };
  }

  #confirmed(version: string): void {
    const fault = this.faults.of(version);
    this.#ailment.began(fault);
    if (fault?.kind !== 'falls_back') return;
    this.#clock.after(fault.afterMs, () => {
      if (this.#stopped || this.runningVersion !== version) return;
      void this.#installer?.revert().then(() => this.#restart(true, this.#share('restart') * this.tempo.restartMs));
    });
  }

  /** A new device of the demo has a past, so that its charts are not empty. Told once. */
  async #tellPast(): Promise<void> {
    const hours = Math.max(this.tempo.pastHours, this.sensors.pastHours);
    if (hours <= 0) return;
    const told = await Document.open(this.files, 'past.json', { told: false });
    if (told.value.told) return;
    await told.set({ told: true });
    const past = pastSignals(this.#clock.now(), this.#sense, hours * 3_600_000, PAST_STEP_MS);
    for (const { producedAt, body } of past) await this.#agent?.offerTelemetry(body, null, producedAt);
  }

  readonly #sense: Sensing = (at) => this.sensors.read(at, (then) => signalsAt(then, this.serial, this.plan.place));

  #share(purpose: string): number {
    return chance(this.seed, this.serial, purpose);
  }
}
