import { topicFor } from '@muster/contracts/mqtt/topics';
import { enroll } from '@muster/device-agent/identity/enroll';
import type { Identity } from '@muster/device-agent/identity/identity';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import type { MqttSession } from '@muster/device-agent/ports/net';
import { nodeNet } from '@muster/device-agent/ports/node-net';

interface Held {
  readonly seqNo: number;
  readonly payload: string;
  /** When it was last handed to the broker; null when it must be (again). */
  sentAt: number | null;
}

/** How bad a device, or the network between, is at sending. */
export interface Delivery {
  /** How often each message is sent every time. */
  readonly copies?: number;
  /** Whether messages leave in an order of their own. */
  readonly shuffled?: boolean;
}

/** Messages on their way at once. */
const WINDOW = 60;
const RESEND_MS = 4_000;
const RECONNECT_MS = 150;

/**
 * The least a device must do to lose nothing: it keeps every message until the control plane says it is committed, and
 * sends what it keeps again on a new session or when no acknowledgement comes. It enrols and connects through the agent's
 * own code and leaves everything else of the agent out, so that a test decides what is sent and when.
 */
export class PlainDevice {
  readonly #held = new Map<number, Held>();
  #session: MqttSession | null = null;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #copies = 1;
  sends = 0;
  acknowledgements = 0;
  /** Numbers of messages that were refused, as the acknowledgements said. */
  readonly refused = new Set<number>();
  sessions = 0;

  private constructor(readonly identity: Identity) {}

  static async enrol(url: string, token: string, serial: string): Promise<PlainDevice> {
    const wish = { url, token, serial, model: 'plain', agentVersion: '0.0.0' };
    return new PlainDevice(await enroll({ files: new MemoryFiles(), net: nodeNet }, wish));
  }

  /** Messages not yet known to be committed. */
  get unacknowledged(): number {
    return this.#held.size;
  }

  /** Puts a reading into the buffer; it leaves as soon as there is a session and room. */
  measure(seqNo: number, producedAt: Date, values: Record<string, number | string>): void {
    const header = { msgId: String(seqNo), deviceId: this.identity.deviceId, seqNo, schemaVersion: 1 };
    const payload = JSON.stringify({ ...header, producedAt: producedAt.toISOString(), readings: [{ values }] });
    this.#held.set(seqNo, { seqNo, payload, sentAt: null });
  }

  start({ copies = 1, shuffled = false }: Delivery = {}): void {
    this.#copies = copies;
    if (shuffled) this.#shuffle();
    void this.#connect();
  }

  #shuffle(): void {
    const order = [...this.#held.values()].map((held) => ({ held, at: Math.random() })).sort((a, b) => a.at - b.at);
    this.#held.clear();
    for (const { held } of order) this.#held.set(held.seqNo, held);
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#session?.end(true);
  }

  async #connect(): Promise<void> {
    const { identity } = this;
    const tls = { key: identity.key, certificate: identity.certificate, root: identity.root };
    const up = (channel: 'heartbeat' | 'telemetry') => this.#topic('up', channel);
    try {
      const session = await nodeNet.mqtt({
        ...tls,
        url: identity.mqttUrl,
        clientId: identity.deviceId,
        keepaliveS: 30,
        connectTimeoutMs: 10_000,
        will: { topic: up('heartbeat'), payload: this.#heartbeat('offline') },
      });
      session.onClose(() => this.#lost());
      session.onMessage((_topic, payload) => this.#acknowledged(payload));
      await session.subscribe(`${this.#topic('down', 'ack')}`);
      this.#session = session;
      this.sessions++;
      for (const held of this.#held.values()) held.sentAt = null;
      await session.publish(up('heartbeat'), this.#heartbeat('connected'));
      this.#pump();
    } catch {
      this.#later(() => void this.#connect(), RECONNECT_MS * (1 + Math.random()));
    }
  }

  #lost(): void {
    this.#session = null;
    this.#later(() => void this.#connect(), RECONNECT_MS * (1 + Math.random()));
  }

  #pump(): void {
    const session = this.#session;
    if (session === null || this.#ended) return;
    const now = performance.now();
    let underWay = 0;
    for (const held of this.#held.values()) {
      if (underWay >= WINDOW) break;
      underWay++;
      if (held.sentAt !== null && now - held.sentAt < RESEND_MS) continue;
      held.sentAt = now;
      for (let copy = 0; copy < this.#copies; copy++) {
        this.sends++;
        session.publish(this.#topic('up', 'telemetry'), held.payload).catch(() => {});
      }
    }
    this.#later(() => this.#pump(), 250);
  }

  #acknowledged(payload: Uint8Array): void {
    const ack = JSON.parse(Buffer.from(payload).toString()) as {
      stream: string;
      ranges: [number, number][];
      refused: [number, string][];
    };
    if (ack.stream !== 'telemetry') return;
    this.acknowledgements++;
    for (const [seqNo] of ack.refused) this.refused.add(seqNo);
    for (const [from, to] of ack.ranges) for (let seqNo = from; seqNo <= to; seqNo++) this.#held.delete(seqNo);
    this.#pump();
  }

  #later(work: () => void, ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#ended) this.#timer = setTimeout(work, ms);
  }

  #heartbeat(reason: 'connected' | 'offline'): string {
    const header = { msgId: 'h', deviceId: this.identity.deviceId, seqNo: this.sessions, schemaVersion: 1 };
    return JSON.stringify({ ...header, producedAt: new Date().toISOString(), reason });
  }

  #topic(direction: 'up', channel: 'heartbeat' | 'telemetry'): string;
  #topic(direction: 'down', channel: 'ack'): string;
  #topic(direction: 'up' | 'down', channel: 'heartbeat' | 'telemetry' | 'ack'): string {
    const { tenant, deviceId: device } = this.identity;
    return direction === 'up'
      ? topicFor({ tenant, device, direction, channel: channel as 'heartbeat', place: null })
      : topicFor({ tenant, device, direction, channel: 'ack', place: null });
  }
}
