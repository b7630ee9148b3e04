import { type Ack, type CommandClaims, downlinkSchemas, type TrustOrder } from '@muster/contracts/mqtt/downlink';
import type { DownlinkChannel } from '@muster/contracts/mqtt/topics';
import type { TwinDocument } from '@muster/domain/devices/merge-twin';
import { fingerprintOf } from '@muster/pki/client/device-key';
import { verifyCommand } from '@muster/pki/signing/command';
import type { SigningJwk, Verified } from '@muster/pki/signing/compact';
import { verifyManifest } from '@muster/pki/signing/manifest';
import type { AgentOptions, AgentPorts } from './agent-ports.js';
import { type AgentStreams, openStreams } from './agent-streams.js';
import { agentVersion } from './agent-version.js';
import { CommandJournal, emptyJournal } from './commands/command-journal.js';
import { CommandRunner } from './commands/command-runner.js';
import { builtInHandlers } from './commands/handlers.js';
import { applyConfig } from './configs/apply-config.js';
import { download } from './executions/download.js';
import { noExecutions } from './executions/execution-state.js';
import { probationTimes } from './executions/probation.js';
import { Updater } from './executions/updater.js';
import type { IdentityStore } from './identity/identity-store.js';
import { issuerOfCertificate } from './identity/issuer.js';
import { Renewal } from './identity/renewal.js';
import { Backoff } from './link/backoff.js';
import { Heartbeats } from './link/heartbeats.js';
import { Link } from './link/link.js';
import { Document } from './ports/document.js';
import { SourceSet } from './source-set.js';
import { Collector } from './telemetry/collector.js';
import { emptyTwin, Twin } from './twin/twin.js';
import { TwinUplink } from './twin/twin-uplink.js';

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
  readonly #renewal: Renewal;
  readonly #startedAt: number;
  #twin!: Twin;
  #runner!: CommandRunner;
  #updater!: Updater;
  #sources: SourceSet;
  #firmwareVersion = '';
  /** Whether the server has acknowledged anything in this run: the round trip a new release has to show. */
  #heard = false;

  /** Opens the device's state; nothing leaves before `start`. */
  static async open(ports: AgentPorts, store: IdentityStore, options: AgentOptions): Promise<Agent> {
    let agent: Agent;
    const { deviceId } = store.identity;
    const streams = await openStreams(ports, deviceId, options, (channel, payload, place) =>
      agent.#link.publish(channel, payload, place),
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
    this.#startedAt = clock.monotonic();
    const publish = (channel: 'heartbeat' | 'twin') => (payload: string) => this.#link.publish(channel, payload);
    this.#heartbeats = new Heartbeats(
      {
        clock,
        deviceId,
        numbering: streams.heartbeatNumbers,
        facts: () => this.#vitals(),
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
    this.#renewal = new Renewal({ clock, net, log, random }, store, () => this.#link.reconnect('renewed certificate'));
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
    this.#renewal.start();
    this.#link.start(firstWaitMs);
    await this.#runner.recover();
    await this.#updater.recover();
  }

  /** Ends this run; nothing kept is lost. An impolite end looks to the server like a lost connection. */
  async stop(polite = true): Promise<void> {
    this.#renewal.stop();
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
  offerTelemetry(body: object, place: string | null = null, producedAt?: Date): Promise<number> {
    return this.#streams.telemetry.offer(body, place, producedAt);
  }

  async #openState(): Promise<void> {
    const { files, clock, log, power, installer } = this.#ports;
    const { device, telemetryS = TELEMETRY_S, probation = probationTimes } = this.#options;
    this.#firmwareVersion = (await installer.current()).version;
    const settings = {
      heartbeatS: (seconds: number | undefined) => {
        this.#heartbeats.intervalS = seconds ?? this.store.identity.heartbeatS;
        return null;
      },
      telemetryS: (seconds: number | undefined) => {
        this.#sources.telemetryS = seconds ?? telemetryS;
        return null;
      },
      modbusSources: (sources: Parameters<SourceSet['setMeters']>[0]) => this.#sources.setMeters(sources),
    };
    this.#twin = new Twin(
      await Document.open(files, 'twin/twin.json', emptyTwin),
      (desired, inForce) => applyConfig(settings, desired, inForce),
      () => this.#reportedFacts(),
    );
    const journal = new CommandJournal(await Document.open(files, 'commands/journal.json', emptyJournal));
    const report = (body: object) => this.#streams.command.offer(body);
    this.#runner = new CommandRunner(
      { clock, log, bootId: power.bootId, verify: (jws) => this.#verifyCommand(jws), report },
      journal,
      {
        ...builtInHandlers({
          diagnostics: async () => this.#diagnostics(),
          reboot: (delayS) => void clock.after(delayS * 1000, () => power.restart('command')),
        }),
        ...this.#options.commands,
      },
    );
    this.#updater = new Updater(
      {
        clock,
        log,
        power,
        installer,
        state: await Document.open(files, 'executions/state.json', noExecutions),
        verify: (jws) => verifyManifest(jws, this.store.identity.trust, this.store.identity.tenant),
        artifactAt: ({ artifact }) => `download/${artifact.sha256}`,
        discard: (path) => files.remove(path),
        download: ({ manifest: { artifact }, artifactPath }, signal, progress) =>
          download(this.#ports, {
            url: new URL(artifactPath, this.store.identity.apiUrl).href,
            path: `download/${artifact.sha256}`,
            size: artifact.size,
            sha256: artifact.sha256,
            tls: () => this.store.identity,
            signal,
            progress,
          }),
        report: (body) => this.#streams.execution.offer(body),
        health: (baseline) => this.#health(baseline),
        sourcesUp: () => this.#sources.up(),
      },
      device.model,
      probation,
    );
  }

  async #wentOnline(): Promise<void> {
    this.#heartbeats.wentOnline();
    this.#streams.telemetry.wentOnline();
    this.#streams.command.wentOnline();
    this.#streams.execution.wentOnline();
    await this.#twinUplink.send(await this.#twin.report());
  }

  #wentOffline(): void {
    this.#heartbeats.wentOffline();
    this.#streams.telemetry.wentOffline();
    this.#streams.command.wentOffline();
    this.#streams.execution.wentOffline();
  }

  /** Anything that does not parse is dropped here: a device has nobody to complain to. */
  #receive(channel: DownlinkChannel, payload: Uint8Array): void {
    const { log } = this.#ports;
    let parsed: ReturnType<(typeof downlinkSchemas)[DownlinkChannel]['safeParse']>;
    try {
      parsed = downlinkSchemas[channel].safeParse(JSON.parse(Buffer.from(payload).toString()));
    } catch {
      return log.warn('downlink is not JSON', { channel });
    }
    if (!parsed.success) return log.warn('downlink refused', { channel, reason: parsed.error.issues[0]?.message });
    const handled = this.#handlers[channel](parsed.data as never);
    handled?.catch((error: unknown) => log.warn('downlink failed', { channel, reason: String(error) }));
  }

  readonly #handlers = {
    ack: (ack: Ack) => this.#acknowledged(ack),
    twin: async (delta: Parameters<Twin['receive']>[0]) => this.#twinUplink.send(await this.#twin.receive(delta)),
    command: (order: Parameters<CommandRunner['receive']>[0]) => this.#runner.receive(order),
    execution: (order: Parameters<Updater['receive']>[0]) => this.#updater.receive(order),
    trust: (order: TrustOrder) => this.#trust(order),
  };

  async #acknowledged(ack: Ack): Promise<void> {
    this.#heard = true;
    if (ack.stream === 'heartbeat' && ack.epoch === this.#heartbeats.epoch) this.#heartbeats.acknowledged(ack.ranges);
    this.#streams.telemetry.acknowledged(ack);
    this.#streams.command.acknowledged(ack);
    this.#streams.execution.acknowledged(ack);
    this.#twinUplink.acknowledged(ack);
    if (await this.store.proven()) this.#renewal.windowMoved();
  }

  async #trust(order: TrustOrder): Promise<void> {
    const { identity } = this.store;
    if (order.bundle < identity.trustBundle) return;
    const trust = order.keys as SigningJwk[] | undefined;
    await this.store.amend({
      trustBundle: order.bundle,
      ...(trust && { trust }),
      ...(order.renew && { renew: order.renew }),
    });
    if (order.renew) this.#renewal.windowMoved();
    const seqNo = await this.#streams.trustNumbers.next();
    const { epoch } = this.#streams.trustNumbers;
    const header = {
      msgId: `trust.${epoch}.${seqNo}`,
      deviceId: identity.deviceId,
      seqNo,
      schemaVersion: 1,
      stream: 'trust',
      epoch,
    };
    const producedAt = this.#ports.clock.now().toISOString();
    const fingerprint = fingerprintOf(this.store.identity.certificate);
    await this.#link.publish('trust', JSON.stringify({ ...header, producedAt, bundle: order.bundle, fingerprint }));
  }

  #verifyCommand(jws: string): Promise<Verified<CommandClaims>> {
    const { deviceId, tenant, certificate, trust } = this.store.identity;
    return verifyCommand(jws, trust, {
      deviceId,
      issuer: issuerOfCertificate(certificate, tenant),
      certificates: this.store.fingerprints(),
      now: this.#ports.clock.now(),
    });
  }

  #uptimeS(): number {
    return Math.round((this.#ports.clock.monotonic() - this.#startedAt) / 1000);
  }

  #vitals() {
    const sick = this.#sources.health().filter(({ state }) => state !== 'up');
    return {
      status: sick.some(({ state }) => state === 'down')
        ? ('error' as const)
        : sick.length > 0
          ? ('degraded' as const)
          : ('ok' as const),
      uptimeS: this.#uptimeS(),
      bootId: this.#ports.power.bootId,
      agentVersion,
      firmwareVersion: this.#firmwareVersion,
      twinVersion: this.#twin.desiredVersion,
      buffered: this.backlog,
    };
  }

  async #health(baseline: readonly string[]) {
    const up = new Set(this.#sources.up());
    const { healthy, detail } = await this.#ports.installer.check();
    const checks = {
      link: this.#link.online && this.#heard,
      sources: baseline.every((id) => up.has(id)),
      release: healthy,
    };
    return { checks, unhealthy: healthy ? null : (detail ?? 'the release says it is not well') };
  }

  #reportedFacts(): TwinDocument {
    const { model, serial, hardwareRevision } = this.#options.device;
    return {
      system: {
        model,
        serial,
        ...(hardwareRevision !== undefined && { hardwareRevision }),
        firmwareVersion: this.#firmwareVersion,
        agentVersion,
        ...this.#options.facts?.(),
      },
    };
  }

  #diagnostics() {
    return {
      ...this.#vitals(),
      time: this.#ports.clock.now().toISOString(),
      replaysIgnored: this.#runner.replays,
      sources: this.#sources.health(),
      memoryBytes: process.memoryUsage().rss,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    };
  }
}
