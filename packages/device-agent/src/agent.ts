import type { Ack, CommandClaims } from '@muster/contracts/mqtt/downlink';
import type { DownlinkChannel } from '@muster/contracts/mqtt/topics';
import type { TelemetryV1 } from '@muster/contracts/mqtt/uplink';
import type { TwinDocument } from '@muster/domain/devices/merge-twin';
import { verifyCommand } from '@muster/pki/signing/command';
import type { Verified } from '@muster/pki/signing/compact';
import { telemetryV1ToV2 } from '@muster/telemetry/migrate-telemetry';
import type { AgentOptions, AgentPorts } from './agent-ports.js';
import { type AgentStreams, openStreams } from './agent-streams.js';
import { CommandJournal, emptyJournal } from './commands/command-journal.js';
import { CommandRunner } from './commands/command-runner.js';
import { builtInHandlers } from './commands/handlers.js';
import { applyConfig, type Settings } from './configs/apply-config.js';
import { readConditions } from './executions/judge-readiness.js';
import { openUpdater } from './executions/open-updater.js';
import type { Updater } from './executions/updater.js';
import { IdentityKeeping } from './identity/identity-keeping.js';
import type { IdentityStore } from './identity/identity-store.js';
import { issuerOfCertificate } from './identity/issuer.js';
import { Backoff } from './link/backoff.js';
import { Heartbeats } from './link/heartbeats.js';
import { Link } from './link/link.js';
import { type DownlinkHandlers, handleDownlink } from './link/read-downlink.js';
import type { UplinkStream } from './link/uplink-stream.js';
import { Document } from './ports/document.js';
import { SourceSet } from './source-set.js';
import { Collector } from './telemetry/collector.js';
import { PayloadForm } from './telemetry/payload-form.js';
import { emptyTwin, Twin } from './twin/twin.js';
import { TwinUplink } from './twin/twin-uplink.js';
import { Vitals } from './vitals.js';

const TELEMETRY_S = 10;
const LINGER_MS = 2_000;

/** One device: everything between its ports, wired together. Started again, it goes on from what lies in `files`. */
export class Agent {
  readonly #ports: AgentPorts;
  readonly #options: AgentOptions;
  readonly #streams: AgentStreams;
  readonly #link: Link;
  readonly #heartbeats: Heartbeats;
  readonly #twinUplink: TwinUplink;
  readonly #collector: Collector;
  readonly #keeping: IdentityKeeping;
  readonly #vitals: Vitals;
  readonly #sources: SourceSet;
  readonly #form = new PayloadForm();
  #twin!: Twin;
  #runner!: CommandRunner;
  #updater!: Updater;
  #firmwareVersion = '';
  #keepsArtifact = true;
  /** Whether the server has acknowledged anything in this run: the round trip a new release has to show. */
  #heard = false;

  /** Opens the device's state; nothing leaves before `start`. */
  static async open(ports: AgentPorts, store: IdentityStore, options: AgentOptions): Promise<Agent> {
    let agent: Agent;
    const { deviceId } = store.identity;
    const streams = await openStreams(ports, deviceId, options, (channel, payload, place) =>
      agent.#link.publish(channel, channel === 'telemetry' ? agent.#form.encode(payload) : payload, place),
    );
    agent = new Agent(ports, store, options, streams);
    await agent.#openState();
    return agent;
  }

  private constructor(
    ports: AgentPorts,
    private readonly store: IdentityStore,
    options: AgentOptions,
    streams: AgentStreams,
  ) {
    const { clock, net, log, random } = ports;
    const { deviceId, heartbeatS } = store.identity;
    this.#ports = ports;
    this.#options = options;
    this.#streams = streams;
    const publish = (channel: 'heartbeat' | 'twin' | 'trust') => (payload: string) =>
      this.#link.publish(channel, payload);
    this.#heartbeats = new Heartbeats(
      {
        clock,
        deviceId,
        numbering: streams.heartbeatNumbers,
        facts: () => this.#vitals.heartbeat(),
        publish: publish('heartbeat'),
      },
      heartbeatS,
    );
    this.#twinUplink = new TwinUplink({ clock, deviceId, numbering: streams.twinNumbers, publish: publish('twin') });
    this.#link = new Link(
      { net, clock, log, backoff: new Backoff(random, options.backoff) },
      store,
      {
        up: () => void this.#wentOnline(),
        down: () => this.#wentOffline(),
        message: (channel, payload) => this.#receive(channel, payload),
      },
      () => this.#heartbeats.offline(),
    );
    this.#collector = new Collector(clock, options.lingerMs ?? LINGER_MS, (body, place, at) =>
      streams.telemetry.offer(body, place, at),
    );
    this.#sources = new SourceSet(
      clock,
      ports.sample,
      (reading) => this.#collector.take(reading),
      options.telemetryS ?? TELEMETRY_S,
    );
    this.#keeping = new IdentityKeeping(ports, store, {
      numbering: streams.trustNumbers,
      publish: publish('trust'),
      reconnect: (reason) => this.#link.reconnect(reason),
    });
    this.#vitals = new Vitals({
      clock,
      bootId: ports.power.bootId,
      device: options.device,
      sources: this.#sources,
      firmwareVersion: () => this.#firmwareVersion,
      twinVersion: () => this.#twin.desiredVersion,
      buffered: () => this.backlog,
      conditions: () => readConditions(ports),
      renewalOverdue: () => this.#keeping.renewal.overdue,
      linked: () => this.#link.online && this.#heard,
      checkRelease: () => ports.installer.check(),
      moreFacts: () => options.facts?.() ?? {},
    });
  }

  get deviceId(): string {
    return this.store.identity.deviceId;
  }

  get online(): boolean {
    return this.#link.online;
  }

  get firmwareVersion(): string {
    return this.#firmwareVersion;
  }

  /** Telemetry messages the server has not acknowledged. */
  get backlog(): number {
    return this.#streams.telemetry.backlog;
  }

  /** Connects, samples, and picks up what the last run left open. */
  async start(firstWaitMs = 0): Promise<void> {
    await this.#twin.restore();
    this.#sources.start();
    this.#keeping.renewal.start();
    this.#link.start(firstWaitMs);
    await this.#runner.recover();
    await this.#updater.recover();
  }

  /** Ends this run; nothing kept is lost. An impolite end looks to the server like a lost connection. */
  async stop(polite = true): Promise<void> {
    this.#keeping.stop();
    await this.#sources.stop();
    await this.#updater.stop();
    await this.#collector.flush();
    if (polite) await this.#heartbeats.leave();
    await this.#link.stop(polite);
    this.#twinUplink.stop();
    await this.#streams.close();
  }

  /** Someone at the device changes its configuration. */
  async editConfig(change: TwinDocument): Promise<void> {
    await this.#twinUplink.send(await this.#twin.editedByHand(change));
  }

  /** One heartbeat right now. */
  beat(): Promise<void> {
    return this.#heartbeats.beat('requested');
  }

  /** One telemetry message right now. Resolves when it is kept. */
  offerTelemetry(body: Pick<TelemetryV1, 'readings'>, place: string | null = null, producedAt?: Date): Promise<number> {
    return this.#streams.telemetry.offer(telemetryV1ToV2(body), place, producedAt);
  }

  async #openState(): Promise<void> {
    const { files, clock, log, power, installer } = this.#ports;
    this.#firmwareVersion = (await installer.current()).version;
    this.#twin = new Twin(
      await Document.open(files, 'twin/twin.json', emptyTwin),
      (desired, inForce) => applyConfig(this.#settings, desired, inForce),
      () => this.#vitals.reported(),
    );
    const journal = new CommandJournal(await Document.open(files, 'commands/journal.json', emptyJournal));
    const report = (body: object) => this.#streams.command.offer(body);
    this.#runner = new CommandRunner(
      { clock, log, bootId: power.bootId, verify: (jws) => this.#verifyCommand(jws), report },
      journal,
      {
        ...builtInHandlers({
          diagnostics: async () => ({ ...(await this.#vitals.diagnostics()), replaysIgnored: this.#runner.replays }),
          reboot: (delayS) => void clock.after(delayS * 1000, () => power.restart('command')),
        }),
        ...this.#options.commands,
      },
    );
    this.#updater = await openUpdater(this.#ports, this.#options, {
      store: this.store,
      now: () => this.#keeping.time.forJudging(),
      report: (body) => this.#streams.execution.offer(body),
      health: (baseline) => this.#vitals.judge(baseline),
      conditions: () => readConditions(this.#ports),
      keepsArtifact: () => this.#keepsArtifact,
      sourcesUp: () => this.#sources.up(),
    });
  }

  /** What a configuration may change in this agent. */
  readonly #settings: Settings = {
    heartbeatS: (seconds) => {
      this.#heartbeats.intervalS = seconds ?? this.store.identity.heartbeatS;
      return null;
    },
    telemetryS: (seconds) => {
      this.#sources.telemetryS = seconds ?? this.#options.telemetryS ?? TELEMETRY_S;
      return null;
    },
    telemetryForm: (form) => {
      this.#form.form = form;
      return null;
    },
    keepArtifact: (keep = true) => {
      this.#keepsArtifact = keep;
      if (!keep) void this.#updater.tidy();
      return null;
    },
    modbusSources: (sources) => this.#sources.setMeters(sources),
  };

  get #kept(): UplinkStream[] {
    const { telemetry, command, execution } = this.#streams;
    return [telemetry, command, execution];
  }

  async #wentOnline(): Promise<void> {
    this.#heartbeats.wentOnline();
    for (const stream of this.#kept) stream.wentOnline();
    await this.#twinUplink.send(await this.#twin.report());
  }

  #wentOffline(): void {
    this.#heartbeats.wentOffline();
    for (const stream of this.#kept) stream.wentOffline();
  }

  #receive(channel: DownlinkChannel, payload: Uint8Array): void {
    const { log } = this.#ports;
    handleDownlink(this.#handlers, channel, payload).then(
      (fault) => fault !== null && log.warn('downlink dropped', { channel, reason: fault }),
      (error: unknown) => log.warn('downlink failed', { channel, reason: String(error) }),
    );
  }

  readonly #handlers: DownlinkHandlers = {
    ack: (ack) => this.#acknowledged(ack),
    twin: async (delta) => this.#twinUplink.send(await this.#twin.receive(delta)),
    command: (order) => this.#runner.receive(order),
    execution: (order) => this.#updater.receive(order),
    trust: (order) => this.#keeping.obey(order),
  };

  async #acknowledged(ack: Ack): Promise<void> {
    this.#heard = true;
    if (ack.stream === 'heartbeat' && ack.epoch === this.#heartbeats.epoch) this.#heartbeats.acknowledged(ack.ranges);
    for (const stream of this.#kept) stream.acknowledged(ack);
    this.#twinUplink.acknowledged(ack);
    await this.#keeping.acknowledged();
  }

  #verifyCommand(jws: string): Promise<Verified<CommandClaims>> {
    const { deviceId, tenant, certificate, trust } = this.store.identity;
    return verifyCommand(jws, trust, {
      deviceId,
      issuer: issuerOfCertificate(certificate, tenant),
      certificates: this.store.fingerprints(),
      now: this.#keeping.time.forJudging(),
    });
  }
}
