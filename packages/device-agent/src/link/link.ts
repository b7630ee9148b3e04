import {
  type DownlinkChannel,
  downlinkFilter,
  parseTopic,
  topicFor,
  type UplinkChannel,
} from '@muster/contracts/mqtt/topics';
import { type Clock, pause } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { MqttSession, Net, TlsIdentity } from '../ports/net.js';
import type { Backoff } from './backoff.js';

export interface LinkIdentity extends TlsIdentity {
  tenant: string;
  deviceId: string;
  mqttUrl: string;
}

export interface LinkPorts {
  net: Net;
  clock: Clock;
  log: Log;
  backoff: Backoff;
}

/** Who to connect as, asked anew before every attempt; `failed` lets the identity store fall back from a new certificate. */
export interface Credentials {
  current(): LinkIdentity;
  connected(identity: LinkIdentity): void;
  failed(identity: LinkIdentity, reason: string): void;
}

export interface LinkEvents {
  /** The session stands and downlinks are subscribed. */
  up(): void;
  down(reason: string): void;
  message(channel: DownlinkChannel, payload: Uint8Array): void;
}

const KEEPALIVE_S = 60;
const CONNECT_TIMEOUT_MS = 20_000;

/** Keeps one MQTT session alive: connects, subscribes, waits with full jitter after every loss, for as long as it runs. */
export class Link {
  #session: MqttSession | null = null;
  #stopping = new AbortController();
  #waiting = new AbortController();
  #running: Promise<void> | null = null;

  constructor(
    private readonly ports: LinkPorts,
    private readonly credentials: Credentials,
    private readonly events: LinkEvents,
    private readonly will: () => object,
  ) {}

  get online(): boolean {
    return this.#session !== null;
  }

  start(firstWaitMs = 0): void {
    this.#running ??= this.#run(firstWaitMs);
  }

  /** Publishes on a channel. False when there is no session or it ended before the broker took the message. */
  async publish(channel: UplinkChannel, payload: string | Uint8Array, place: string | null = null): Promise<boolean> {
    const session = this.#session;
    if (!session) return false;
    const { tenant, deviceId } = this.credentials.current();
    try {
      await session.publish(topicFor({ tenant, device: deviceId, direction: 'up', channel, place }), payload);
      return true;
    } catch {
      return false;
    }
  }

  /** Drops the session, or ends the wait for one; the next attempt follows soon, with whatever the credentials then are. */
  reconnect(reason: string): void {
    this.ports.log.info('reconnecting', { reason });
    this.#waiting.abort();
    void this.#session?.end(true);
  }

  async stop(polite = true): Promise<void> {
    this.#stopping.abort();
    this.#waiting.abort();
    await this.#session?.end(polite);
    await this.#running;
  }

  async #run(firstWaitMs: number): Promise<void> {
    const { clock, backoff } = this.ports;
    const { signal } = this.#stopping;
    await pause(clock, firstWaitMs, signal);
    while (!signal.aborted) {
      await this.#oneSession();
      if (signal.aborted) return;
      this.#waiting = new AbortController();
      await pause(clock, backoff.nextWaitMs(), this.#waiting.signal);
    }
  }

  /** One attempt and, when it succeeds, the whole life of the session. */
  async #oneSession(): Promise<void> {
    const { clock, log, backoff } = this.ports;
    const identity = this.credentials.current();
    let session: MqttSession;
    try {
      session = await this.#connect(identity);
    } catch (error) {
      const reason = (error as Error).message || String((error as NodeJS.ErrnoException).code ?? error);
      log.warn('could not connect', { reason });
      this.credentials.failed(identity, reason);
      return;
    }
    const since = clock.monotonic();
    const ended = new Promise<string>((resolve) => session.onClose(resolve));
    if (this.#stopping.signal.aborted) {
      await session.end(true);
      return;
    }
    this.#session = session;
    this.credentials.connected(identity);
    log.info('connected', { url: identity.mqttUrl });
    this.events.up();
    const reason = await ended;
    this.#session = null;
    backoff.sessionEnded(clock.monotonic() - since);
    log.info('disconnected', { reason });
    this.events.down(reason);
  }

  async #connect(identity: LinkIdentity): Promise<MqttSession> {
    const { tenant, deviceId } = identity;
    const session = await this.ports.net.mqtt({
      url: identity.mqttUrl,
      clientId: deviceId,
      key: identity.key,
      certificate: identity.certificate,
      root: identity.root,
      ...(identity.serverTime !== undefined && { serverTime: identity.serverTime }),
      keepaliveS: KEEPALIVE_S,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      will: {
        topic: topicFor({ tenant, device: deviceId, direction: 'up', channel: 'heartbeat', place: null }),
        payload: JSON.stringify(this.will()),
      },
    });
    session.onMessage((topic, payload) => {
      const parsed = parseTopic(topic);
      if (parsed?.direction === 'down' && parsed.device === deviceId) this.events.message(parsed.channel, payload);
    });
    try {
      await session.subscribe(downlinkFilter(tenant, deviceId));
      return session;
    } catch (error) {
      await session.end(true);
      throw error;
    }
  }
}
