import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { devicePrefix, parseTopic, type Topic } from '@muster/contracts/mqtt/topics';
import { MAX_PACKET_BYTES } from '@muster/contracts/mqtt/uplink';
import type { ProblemCode } from '@muster/contracts/problem';
import type { Clock } from '@muster/runtime/clock/clock';
import { serverTls } from '@muster/runtime/tls/server-tls';
import { Aedes, type Client, type PublishPacket, type Subscription } from 'aedes';
import type { UplinkListener, UplinkTransport } from '../uplink.port.js';
import { limitPackets } from './limit-packets.js';
import { isOwnFilter } from './own-filter.js';
import { codeOf, refusal } from './refuse-connect.js';
import { type ConnectAuthority, isSamePlace, type Standing } from './sessions.js';
import { holdUp, TakeoverBrake } from './takeover-brake.js';

export interface EmbeddedSettings {
  readonly port: number;
  readonly bind: string;
  readonly key: string;
  readonly cert: string;
  /** Trust list: the root and the device authorities. */
  readonly ca: string;
  /** Uplinks that may wait for their commit, and those that may be read behind them. */
  readonly limits?: { readonly inFlight: number; readonly held: number };
}

/** Tells what the broker refused, for counting. */
export type OnRefusal = (
  code: ProblemCode,
  facts: { readonly deviceId: string | null; readonly topic?: string },
) => void;

/**
 * Beyond what may wait for its commit devices wait; beyond what may be read behind it, some 2 KB each, nothing more is read
 * from any socket. A fleet that keeps to its windows stays far below, for sockets nobody reads keep no session alive either.
 */
const LIMITS = { inFlight: 4_000, held: 50_000 };
const DAY_MS = 86_400_000;

/**
 * The embedded broker: Aedes over mutual TLS, inside this process. It calls a publish authorised only when the message is
 * committed, and Aedes sends the PUBACK after that, so here even MQTT's own acknowledgement means "in the database".
 * What a device has sent is read in chunks of its socket, and none while too much of it waits: pressure reaches the devices
 * by itself.
 */
export class EmbeddedTransport implements UplinkTransport {
  readonly revocationLagMs = 0;
  #broker: Aedes | null = null;
  #server: Server | null = null;
  #listener: UplinkListener | null = null;
  #paused = false;
  #closing = false;
  #inFlight = 0;
  #held: (() => void)[] = [];
  /** Where `#held` begins: taking from its front would move tens of thousands for each of them. */
  #nextHeld = 0;
  /** Sockets that had something to read when too much was held. */
  readonly #unread = new Set<TLSSocket>();
  readonly #grants = new WeakMap<Client, Standing>();
  readonly #sessions = new Map<string, Client>();
  readonly #brake: TakeoverBrake;
  readonly #limits: typeof LIMITS;

  constructor(
    private readonly settings: EmbeddedSettings,
    private readonly authority: ConnectAuthority,
    private readonly clock: Clock,
    private readonly onRefusal: OnRefusal,
  ) {
    this.#limits = settings.limits ?? LIMITS;
    this.#brake = new TakeoverBrake(clock);
  }

  async start(listener: UplinkListener): Promise<void> {
    this.#listener = listener;
    const broker = await Aedes.createBroker({ concurrency: 1000, connectTimeout: 10_000 });
    this.#broker = broker;
    broker.authenticate = (client, _user, _password, done) => {
      this.#mayCome(client)
        .then((may) =>
          may ? this.#authenticate(client).then((code) => done(code && refusal(code), code === null)) : undefined,
        )
        .catch(() => done(refusal('unavailable'), false));
    };
    broker.authorizePublish = (client, packet, done) => this.#take(client, packet, done);
    broker.authorizeSubscribe = (client, subscription, done) => done(null, this.#mayHear(client, subscription));
    broker.on('clientDisconnect', (client) => {
      const [grant, stands] = [this.#grants.get(client), this.#sessions.get(client.id)];
      if (stands === client) this.#sessions.delete(client.id);
      else if (grant && stands && isSamePlace(grant, this.#grants.get(stands))) return;
      if (grant) this.#tell('closed', grant, false);
    });
    const { key, cert, ca, port, bind } = this.settings;
    const server = createServer(
      { key, cert, ca, requestCert: true, rejectUnauthorized: true, ...serverTls },
      (socket) => {
        const client = broker.handle(socket);
        socket.once('close', () => this.#unread.delete(socket));
        limitPackets(
          socket,
          MAX_PACKET_BYTES,
          () => this.onRefusal('payload_too_large', { deviceId: client.id }),
          () => this.#mayRead(socket),
        );
      },
    );
    server.on('tlsClientError', (error, socket) => {
      const code = codeOf(error, socket);
      if (code !== null) this.onRefusal(code, { deviceId: null });
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, bind, resolve);
    });
  }

  /** The port in use, also when port 0 was asked for. Call after `start`. */
  get port(): number {
    return (this.#server!.address() as AddressInfo).port;
  }

  get connected(): number {
    return this.#sessions.size;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#drain();
  }

  publish(topic: string, payload: Buffer, qos: 0 | 1): Promise<void> {
    const client = this.#sessions.get(parseTopic(topic)?.device ?? '');
    if (!client || client.closed) return Promise.resolve();
    return new Promise((resolve) => {
      // Straight to the one session: nothing may stay in a queue or a store of the broker.
      client.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, () => resolve());
    });
  }

  kick(deviceId: string, fingerprint?: string): Promise<boolean> {
    const client = this.#sessions.get(deviceId);
    if (!client || (fingerprint !== undefined && !this.hasSession(deviceId, fingerprint)))
      return Promise.resolve(false);
    return new Promise((resolve) => client.close(() => resolve(true)));
  }

  hasSession(deviceId: string, fingerprint: string): boolean {
    const client = this.#sessions.get(deviceId);
    return client !== undefined && this.#grants.get(client)?.fingerprint === fingerprint;
  }

  /** New connections meet the new certificate and trust list; those that stand stay. */
  renew(tls: Pick<EmbeddedSettings, 'key' | 'cert' | 'ca'>): void {
    this.#server?.setSecureContext({ ...tls, ...serverTls });
  }

  async close(): Promise<void> {
    this.#closing = true;
    const [broker, server] = [this.#broker, this.#server];
    if (!broker || !server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    await closed;
  }

  /**
   * Judged by the name it gives itself, before anything is asked: who would take over a session for the umpteenth time is
   * kept waiting, then hung up on. No CONNACK: some clients never come back after a refusal.
   */
  async #mayCome(client: Client): Promise<boolean> {
    const held = () => this.#stands(client.id) && !this.#brake.allows(client.id);
    if (!held()) return true;
    this.onRefusal('rate_limited', { deviceId: client.id });
    await holdUp(client.conn);
    if (!held() && !client.closed) return true;
    client.conn.destroy();
    return false;
  }

  async #authenticate(client: Client): Promise<ProblemCode | null> {
    const socket = client.conn as TLSSocket;
    const fingerprint = socket.getPeerCertificate().fingerprint256?.replaceAll(':', '').toLowerCase() ?? '';
    const answer = await this.authority.authorise(fingerprint);
    const code = 'refused' in answer ? answer.refused : client.id === answer.deviceId ? null : 'identity_mismatch';
    if (code !== null || 'refused' in answer) {
      this.onRefusal(code ?? 'certificate_unknown', { deviceId: client.id });
      return code;
    }
    const tookOver = this.#stands(client.id);
    if (tookOver) this.#brake.took(client.id);
    const standing = { ...answer, address: (socket.remoteAddress ?? '').replace(/^::ffff:/, '') };
    this.#grants.set(client, standing);
    this.#sessions.set(client.id, client);
    this.#tell('opened', standing, tookOver);
    this.#endAt(client, answer.notAfter);
    return null;
  }

  #stands(deviceId: string): boolean {
    return this.#sessions.get(deviceId)?.closed === false;
  }

  #tell(kind: 'opened' | 'closed', standing: Standing, tookOver: boolean): void {
    this.#listener?.onSession?.({ kind, ...standing, tookOver });
  }

  /** A session ends with its certificate. Timers hold at most 24 days, so a long wait is taken in days. */
  #endAt(client: Client, notAfter: Date): void {
    if (client.closed) return;
    const leftMs = notAfter.getTime() - this.clock.now().getTime();
    if (leftMs <= 0) return client.close();
    const timer = setTimeout(() => this.#endAt(client, notAfter), Math.min(leftMs, DAY_MS)).unref();
    client.conn.once('close', () => clearTimeout(timer));
  }

  #mayHear(client: Client, subscription: Subscription): Subscription | null {
    const grant = this.#grants.get(client);
    if (grant && isOwnFilter(grant, subscription.topic)) return subscription;
    this.onRefusal('topic_forbidden', { deviceId: client.id, topic: subscription.topic });
    return null;
  }

  /** `done()` makes Aedes acknowledge, `done(error)` makes it close the connection. Wills come through here too. */
  #take(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const grant = client && this.#grants.get(client);
    const topic = parseTopic(packet.topic);
    if (!grant || topic?.direction !== 'up' || topic.device !== grant.deviceId || topic.tenant !== grant.tenant) {
      const own = grant && packet.topic.startsWith(`${devicePrefix(grant.tenant, grant.deviceId)}/up/`);
      const code = own || !topic ? 'topic_malformed' : 'topic_forbidden';
      this.onRefusal(code, { deviceId: client?.id ?? null, topic: packet.topic });
      return done(new Error(code));
    }
    packet.retain = false;
    const receivedAt = this.clock.now();
    const forward = () => this.#forward(grant, topic, packet, receivedAt, done);
    if (this.#mayForward()) forward();
    else this.#held.push(forward);
  }

  #forward(
    grant: Standing,
    { channel, place }: Extract<Topic, { direction: 'up' }>,
    packet: PublishPacket,
    receivedAt: Date,
    done: () => void,
  ): void {
    let answered = false;
    this.#inFlight++;
    const ack = () => {
      if (answered) return;
      answered = true;
      this.#inFlight--;
      // On the way down nothing more is acknowledged: whoever was not, resends.
      if (!this.#closing) done();
      this.#drain();
    };
    const { tenant, deviceId, fingerprint, address } = grant;
    const payload = packet.payload as Buffer;
    this.#listener!.onMessage({ tenant, deviceId, channel, place, payload, receivedAt, fingerprint, address }, ack);
  }

  /** Uplinks that were read and wait for their turn. */
  get heldBack(): number {
    return this.#held.length - this.#nextHeld;
  }

  #mayRead(socket: TLSSocket): boolean {
    if (this.heldBack < this.#limits.held) return true;
    this.#unread.add(socket);
    return false;
  }

  /** Aedes reads when it is told that there is something. */
  #readAgain(): void {
    for (const socket of this.#unread) {
      if (this.heldBack >= this.#limits.held) return;
      this.#unread.delete(socket);
      socket.emit('readable');
    }
  }

  #mayForward(): boolean {
    return !this.#paused && this.#inFlight < this.#limits.inFlight;
  }

  #drain(): void {
    while (this.#nextHeld < this.#held.length && this.#mayForward()) this.#held[this.#nextHeld++]!();
    const left = this.heldBack;
    if (left === 0 || this.#nextHeld >= Math.max(1_000, left)) {
      this.#held = this.#held.slice(this.#nextHeld);
      this.#nextHeld = 0;
    }
    // Half of it first, so that reading goes on in long stretches.
    if (this.#unread.size > 0 && left < this.#limits.held / 2) this.#readAgain();
  }
}
