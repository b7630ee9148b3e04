import { randomUUID } from 'node:crypto';
import { devicePrefix } from '@muster/contracts/mqtt/topics';
import { enroll } from '@muster/device-agent/identity/enroll';
import type { Identity } from '@muster/device-agent/identity/identity';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { nodeNet } from '@muster/device-agent/ports/node-net';
import mqtt, { type MqttClient } from 'mqtt';

interface Ack {
  readonly stream: string;
  readonly ranges: readonly (readonly [number, number])[];
  readonly refused: readonly (readonly [number, string])[];
}

export const TELEMETRY = 'up/telemetry';

/** A genuine certificate in the hands of somebody who sends whatever they like: a plain MQTT client, no agent. */
export class RawDevice {
  readonly heard: { topic: string; text: string }[] = [];
  readonly #closed: Promise<void>;
  #seqNo = 0;

  private constructor(
    readonly identity: Identity,
    private readonly client: MqttClient,
  ) {
    client.on('message', (topic, payload) => this.heard.push({ topic, text: payload.toString() }));
    client.on('error', () => {});
    this.#closed = new Promise((resolve) => client.once('close', () => resolve()));
  }

  static async enrol(url: string, token: string, serial: string): Promise<Identity> {
    const wish = { url, token, serial, model: 'raw', agentVersion: '0.0.0' };
    return enroll({ files: new MemoryFiles(), net: nodeNet }, wish);
  }

  /** Rejects when the broker refuses. */
  static async connect(identity: Identity, clientId = identity.deviceId): Promise<RawDevice> {
    const { key, certificate: cert, root: ca } = identity;
    const client = mqtt.connect(identity.mqttUrl, { key, cert, ca, clientId, reconnectPeriod: 0 });
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed')));
    });
    const device = new RawDevice(identity, client);
    if (clientId === identity.deviceId) await client.subscribeAsync(`${device.prefix}/down/#`, { qos: 1 });
    return device;
  }

  get deviceId(): string {
    return this.identity.deviceId;
  }

  get prefix(): string {
    return devicePrefix(this.identity.tenant, this.identity.deviceId);
  }

  get connected(): boolean {
    return this.client.connected;
  }

  get acks(): Ack[] {
    const own = this.heard.filter(({ topic }) => topic === `${this.prefix}/down/ack`);
    return own.map(({ text }) => JSON.parse(text) as Ack);
  }

  /** A reading that is right in every way, numbered anew, with what the test wants otherwise. */
  reading(change: object = {}) {
    const header = { msgId: randomUUID(), deviceId: this.deviceId, seqNo: ++this.#seqNo, schemaVersion: 1 };
    const producedAt = new Date().toISOString();
    return { ...header, producedAt, readings: [{ values: { level: this.#seqNo } }], ...change };
  }

  /** Resolves with the PUBACK, or when the broker ended the session. */
  async publish(body: object | string | Buffer, topic = `${this.prefix}/${TELEMETRY}`): Promise<void> {
    const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    await Promise.race([this.client.publishAsync(topic, payload, { qos: 1 }).catch(() => {}), this.#closed]);
  }

  /** Whether the broker granted the subscription. */
  async subscribe(filter: string): Promise<boolean> {
    const granted = await this.client.subscribeAsync(filter, { qos: 1 }).catch(() => []);
    return granted.some(({ qos }) => qos <= 2);
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }
}
