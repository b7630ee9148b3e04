import { connect, type TLSSocket } from 'node:tls';
import mqttPacket, { type IConnackPacket, type Packet } from 'mqtt-packet';

export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  readonly clientId: string;
  /** Most QoS 1 messages the broker may send us unacknowledged (MQTT 5 3.1.2.11.3). */
  readonly receiveMaximum: number;
  readonly keepaliveS: number;
}

export interface ConnectionEvents {
  onPublish(topic: string, payload: Buffer, packetId: number | null): void;
  onEnd(error: Error | null): void;
}

const CONNECT_MS = 10_000;
const CLOSE_MS = 1000;
const PUBACK_BYTES = 4;
/** Packet type 4 and two bytes that follow: the packet identifier. */
const PUBACK = 0x40_02_00_00;

/**
 * One MQTT 5 session over mutual TLS, by hand on mqtt-packet: mqtt.js sends the PUBACK from a callback that blocks its whole
 * packet pump, so it cannot acknowledge after a batch commit.
 */
export class MqttConnection {
  #nextId = 1;
  #open = false;
  #ended = false;
  #paused = false;
  #heardAt = performance.now();
  #keepalive: NodeJS.Timeout | null = null;
  #window = 20;
  readonly #waiting = new Map<number, (packet: Packet | null) => void>();
  readonly #queue: (() => void)[] = [];

  private constructor(
    private readonly socket: TLSSocket,
    private readonly settings: ConnectionSettings,
    private readonly events: ConnectionEvents,
    private readonly opening: { resolve(connection: MqttConnection): void; reject(error: Error): void },
  ) {}

  /** Connects with a clean session. Rejects when TLS or CONNECT is refused. */
  static open(settings: ConnectionSettings, events: ConnectionEvents): Promise<MqttConnection> {
    return new Promise((resolve, reject) => {
      const { host, port, key, cert, ca } = settings;
      const socket = connect({ host, port, key, cert, ca, servername: host, minVersion: 'TLSv1.2' });
      new MqttConnection(socket, settings, events, { resolve, reject }).#begin();
    });
  }

  #begin(): void {
    const { clientId, keepaliveS, receiveMaximum } = this.settings;
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('error', (error) => this.socket.destroy(error));
    parser.on('packet', (packet) => this.#take(packet));
    this.socket.setNoDelay(true).setTimeout(CONNECT_MS, () => {
      this.socket.destroy(new Error('the broker did not answer in time'));
    });
    this.socket.on('data', (chunk) => parser.parse(chunk));
    this.socket.once('error', (error) => this.#end(error));
    this.socket.once('close', () => this.#end(null));
    this.socket.once('secureConnect', () =>
      this.#write({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 5,
        clean: true,
        clientId,
        keepalive: keepaliveS,
        properties: { receiveMaximum, sessionExpiryInterval: 0 },
      }),
    );
  }

  #connected(packet: IConnackPacket): void {
    const code = packet.reasonCode ?? packet.returnCode ?? 0;
    if (code !== 0) return void this.socket.destroy(new Error(`the broker refused the connection (reason ${code})`));
    this.#open = true;
    this.#window = packet.properties?.receiveMaximum ?? 65_535;
    this.socket.setTimeout(0);
    this.#keepalive = setInterval(() => {
      const silentS = (performance.now() - this.#heardAt) / 1000;
      if (!this.#paused && silentS > this.settings.keepaliveS * 1.5)
        this.socket.destroy(new Error('the broker fell silent'));
      this.#write({ cmd: 'pingreq' });
    }, this.settings.keepaliveS * 500);
    this.opening.resolve(this);
  }

  #take(packet: Packet): void {
    this.#heardAt = performance.now();
    if (packet.cmd === 'connack') this.#connected(packet);
    if (packet.cmd === 'publish')
      this.events.onPublish(packet.topic, packet.payload as Buffer, packet.qos > 0 ? packet.messageId! : null);
    if (packet.cmd === 'puback' || packet.cmd === 'suback') {
      const settle = this.#waiting.get(packet.messageId!);
      this.#waiting.delete(packet.messageId!);
      settle?.(packet);
      if (this.#waiting.size < this.#window) this.#queue.shift()?.();
    }
    if (packet.cmd === 'disconnect')
      this.socket.destroy(new Error(`the broker ended the session (reason ${packet.reasonCode})`));
  }

  /** Rejects when the broker refuses a filter. */
  async subscribe(filters: readonly string[]): Promise<void> {
    const answer = await this.#ask((messageId) => ({
      cmd: 'subscribe',
      messageId,
      subscriptions: filters.map((topic) => ({ topic, qos: 1, nl: false, rap: false, rh: 0 })),
    }));
    const codes = answer.cmd === 'suback' ? (answer.granted as number[]) : [];
    const refused = filters.find((_, index) => (codes[index] ?? 0x80) >= 0x80);
    if (refused !== undefined) throw new Error(`the broker refused the subscription ${refused}`);
  }

  async publish(topic: string, payload: Buffer, qos: 0 | 1): Promise<void> {
    if (qos === 0) return this.#write({ cmd: 'publish', topic, payload, qos, dup: false, retain: false });
    await this.#ask((messageId) => ({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, messageId }));
  }

  /** All in one write. Reason code 0 without properties is the short form of four bytes (MQTT 5 3.4.2.1). */
  acknowledge(packetIds: readonly number[]): void {
    const packets = Buffer.allocUnsafe(packetIds.length * PUBACK_BYTES);
    for (let i = 0; i < packetIds.length; i++) packets.writeUInt32BE(PUBACK + packetIds[i]!, i * PUBACK_BYTES);
    if (!this.socket.destroyed) this.socket.write(packets);
  }

  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heardAt = performance.now();
    this.socket.resume();
  }

  /** Says goodbye and waits until the socket is closed. */
  close(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      this.#write({ cmd: 'disconnect', reasonCode: 0 } as Packet);
      this.socket.end();
      this.socket.resume();
      // A peer that is gone without a word never closes its side.
      this.socket.setTimeout(CLOSE_MS, () => this.socket.destroy());
    });
  }

  #ask(packet: (messageId: number) => Packet): Promise<Packet> {
    return new Promise((resolve, reject) => {
      const send = () => {
        if (this.#ended) return reject(new Error('the connection to the broker is gone'));
        const messageId = this.#freeId();
        this.#waiting.set(messageId, (answer) =>
          answer === null ? reject(new Error('the connection to the broker ended')) : resolve(answer),
        );
        this.#write(packet(messageId));
      };
      if (this.#waiting.size < this.#window) send();
      else this.#queue.push(send);
    });
  }

  #freeId(): number {
    do this.#nextId = (this.#nextId % 65_535) + 1;
    while (this.#waiting.has(this.#nextId));
    return this.#nextId;
  }

  #write(packet: Packet): void {
    if (!this.socket.destroyed) this.socket.write(mqttPacket.generate(packet, { protocolVersion: 5 }));
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#keepalive) clearInterval(this.#keepalive);
    for (const settle of this.#waiting.values()) settle(null);
    this.#waiting.clear();
    for (const send of this.#queue.splice(0)) send();
    if (this.#open) this.events.onEnd(error);
    else this.opening.reject(error ?? new Error('the broker closed the connection'));
  }
}
