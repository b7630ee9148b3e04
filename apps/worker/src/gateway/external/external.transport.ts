import { createHmac } from 'node:crypto';
import { parseTopic, uplinkFilter } from '@muster/contracts/mqtt/topics';
import type { Clock } from '@muster/runtime/clock/clock';
import type { KnockAnswer, KnockIdentity, UplinkListener, UplinkTransport } from '../uplink.port.js';
import { AckOrder } from './ack-order.js';
import { type ConnectionSettings, MqttConnection } from './mqtt-connection.js';

export interface ExternalSettings {
  /** mqtts URL of the broker's listener for services. */
  readonly url: string;
  /** The port of the same host where devices connect; 8883 when absent. */
  readonly devicePort?: number;
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  /** Unique per worker process; the CN of the service certificate is what the broker's ACL knows. */
  readonly clientId: string;
}

/** What changes while the process runs. */
export type ServiceTls = Pick<ExternalSettings, 'key' | 'cert' | 'ca'>;

export interface TransportLog {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

/**
 * Workers of one group share the uplinks (MQTT 5 4.8.2). Mosquitto lets any client into any group, and what falls to one that
 * may not read it is dropped. So the name is known to who holds the key of our service, and to nobody else.
 */
const shareOf = (key: string): string =>
  `$share/${createHmac('sha256', key).update('group of the uplinks').digest('hex').slice(0, 32)}/${uplinkFilter}`;
/** Messages one process holds unacknowledged: a few batches. */
const IN_FLIGHT = 4000;
/** A process that hangs holds back its share of the uplinks until the broker has missed one and a half of these (MQTT 5 3.1.2.10). */
const SERVICE_KEEPALIVE_S = 8;
/** The level that the broker's ACL has compared with the certificate. */
const DEVICE_LEVEL = 3;
/** The api writes the list at once and Mosquitto's entry point hands it on twice a second. */
const REVOCATION_LAG_MS = 1_000;

/**
 * Uplinks from an external broker over a shared subscription. Who published is what the broker's ACL let through: the
 * device level of the topic is the CN of the client certificate. The session is clean: what was not acknowledged when a
 * connection ends is resent by its device, which waits for our acknowledgement and not for the broker's.
 */
export class ExternalTransport implements UplinkTransport {
  readonly revocationLagMs = REVOCATION_LAG_MS;
  #tls: ServiceTls;
  #connection: MqttConnection | null = null;
  #listener: UplinkListener | null = null;
  #closed = false;
  #paused = false;
  /** Ends the pause before the next try. */
  #wake: () => void = () => {};

  constructor(
    private readonly settings: ExternalSettings,
    private readonly clock: Clock,
    private readonly log: TransportLog,
    private readonly random: () => number = Math.random,
  ) {
    this.#tls = settings;
  }

  async start(listener: UplinkListener): Promise<void> {
    this.#listener = listener;
    const ended = await this.#open();
    void this.#keepOpen(ended);
  }

  /**
   * New connections, and every takeover is one, are made with the new certificate and roots. With a new key the standing one
   * is made anew too, so that all workers go on in one group.
   */
  renew(tls: ServiceTls): void {
    const isNewKey = tls.key !== this.#tls.key;
    this.#tls = tls;
    if (isNewKey) void this.#connection?.close();
  }

  pause(): void {
    this.#paused = true;
    this.#connection?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#connection?.resume();
  }

  async publish(topic: string, payload: Buffer, qos: 0 | 1): Promise<void> {
    if (!this.#connection) throw new Error('there is no connection to the broker');
    await this.#connection.publish(topic, payload, qos);
  }

  /**
   * Takes the device's session over by connecting under its client id, which every broker answers by closing the older
   * connection (MQTT 3.1.1 3.1.4-2). Needs a listener where the control plane chooses client ids.
   */
  async kick(deviceId: string): Promise<boolean> {
    const thief = await MqttConnection.open(this.#address(deviceId), { onPublish: () => {}, onEnd: () => {} });
    await thief.close();
    return true;
  }

  /** Nobody can ask a broker about its sessions in MQTT: the takeover is what ends them. */
  hasSession(): boolean {
    return false;
  }

  /** The refusal is an alert of TLS 1.3 after the handshake, so that only an answer to CONNECT says that somebody is in. */
  knock = async ({ key, cert }: KnockIdentity): Promise<KnockAnswer> => {
    const address = { ...this.#address('probe'), port: this.settings.devicePort ?? 8883, key, cert };
    try {
      const session = await MqttConnection.open(address, { onPublish: () => {}, onEnd: () => {} });
      await session.close();
      return 'let_in';
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      return /CERTIFICATE_REVOKED/.test(code) ? 'revoked' : { unclear: code || message };
    }
  };

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#connection?.close();
  }

  #address(clientId: string): ConnectionSettings {
    const { hostname, port } = new URL(this.settings.url);
    const { key, cert, ca } = this.#tls;
    return {
      host: hostname,
      port: Number(port || 8883),
      key,
      cert,
      ca,
      clientId,
      receiveMaximum: IN_FLIGHT,
      keepaliveS: SERVICE_KEEPALIVE_S,
    };
  }

  /** Opens a connection and subscribes; resolves to the promise of its end. */
  async #open(): Promise<{ ended: Promise<Error | null> }> {
    const order = new AckOrder((ids) => connection.acknowledge(ids));
    let end: (error: Error | null) => void = () => {};
    const ended = new Promise<Error | null>((resolve) => {
      end = resolve;
    });
    const connection: MqttConnection = await MqttConnection.open(this.#address(this.settings.clientId), {
      onPublish: (topic, payload, packetId) =>
        this.#take(topic, payload, packetId === null ? () => {} : order.add(packetId)),
      onEnd: (error) => {
        order.clear();
        end(error);
      },
    });
    if (this.#paused) connection.pause();
    await connection.subscribe([shareOf(this.#tls.key)]).catch(async (refusal: Error) => {
      await connection.close();
      throw refusal;
    });
    this.#connection = connection;
    this.log.info({ broker: new URL(this.settings.url).host }, 'uplinks flow from the broker');
    return { ended };
  }

  /**
   * The only place that connects again, one try at a time: two connections under one client id would take the session
   * from each other for ever. Full jitter between 0 and a ceiling that doubles from half a second to thirty.
   */
  async #keepOpen(first: { ended: Promise<Error | null> }): Promise<void> {
    let session: { ended: Promise<Error | null> } | null = first;
    let failure: Error | null = null;
    for (let failures = 0; !this.#closed; ) {
      if (session) {
        failure = await session.ended;
        this.#connection = null;
        failures = 0;
        if (this.#closed) return;
      }
      const ceilingMs = Math.min(30_000, 500 * 2 ** failures++);
      this.log.warn({ err: failure, ceilingMs }, 'there is no connection to the broker');
      await this.#pause(this.random() * ceilingMs);
      session = await this.#open().catch((error: Error) => {
        failure = error;
        return null;
      });
    }
    await this.#connection?.close();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(topic: string, payload: Buffer, ack: () => void): void {
    const parsed = parseTopic(topic);
    const receivedAt = this.clock.now();
    if (parsed?.direction === 'up') {
      const { tenant, device, channel, place } = parsed;
      this.#listener?.onMessage(
        { tenant, deviceId: device, channel, place, payload, receivedAt, fingerprint: null },
        ack,
      );
      return;
    }
    const detail = 'the topic is not one a device publishes on';
    const refused = { topic, payload, receivedAt, reason: 'topic_malformed', detail } as const;
    this.#listener?.onRefused({ ...refused, deviceId: topic.split('/')[DEVICE_LEVEL] ?? null }, ack);
  }
}
