// A fleet as far as the ingest can tell, in a process of its own: prebuilt packets over mutual TLS, application
// acknowledgements counted message by message.
import { EventEmitter, once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { topicFor } from '@muster/contracts/mqtt/topics';
import mqttPacket from 'mqtt-packet';
import type { BenchDevice, FromLoad, LoadOrder, Percentiles, ToLoad } from './protocol.js';

const METRICS = ['power_w', 'voltage_v', 'current_a', 'energy_kwh', 'frequency_hz'];
const LONGEST_MS = 120_000;
/** Paced messages leave in steps of this. */
const STEP_MS = 5;

const now = () => performance.timeOrigin + performance.now();
const tell = (message: FromLoad) => process.send!(message);

class Connection {
  readonly packets: Buffer[] = [];
  readonly sentAt: Float64Array;
  readonly pubackMs: Float64Array;
  readonly ackMs: Float64Array;
  next = 0;
  published = 0;
  acknowledged = 0;
  acknowledgedAgain = 0;
  refused = 0;
  poison = 0;
  readonly #socket: TLSSocket;
  readonly #order: LoadOrder;
  readonly #changed: () => void;
  #deviceId = '';
  #topic = '';

  constructor(socket: TLSSocket, order: LoadOrder, changed: () => void) {
    this.#socket = socket;
    this.#order = order;
    this.#changed = changed;
    this.sentAt = new Float64Array(order.messagesEach);
    this.pubackMs = new Float64Array(order.messagesEach);
    this.ackMs = new Float64Array(order.messagesEach);
  }

  static async open(device: BenchDevice, order: LoadOrder, changed: () => void): Promise<Connection> {
    const { key, certificate: cert, root: ca, deviceId, tenant } = device;
    const socket = connect({ host: '127.0.0.1', port: order.port, key, cert, ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    const connection = new Connection(socket.setNoDelay(true), order, changed);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    const down = topicFor({ tenant, device: deviceId, direction: 'down', channel: 'ack', place: null });
    await new Promise<void>((resolve, reject) => {
      socket.once('close', () => reject(new Error('the connection ended')));
      parser.on('error', reject);
      parser.on('packet', (packet) => {
        if (packet.cmd === 'puback') connection.#taken(packet.messageId! - 1);
        else if (packet.cmd === 'publish') connection.#told(packet.payload as Buffer);
        else if (packet.cmd === 'connack' && packet.returnCode !== 0) reject(new Error(`refused ${packet.returnCode}`));
        else if (packet.cmd === 'connack')
          socket.write(
            mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: down, qos: 0 }] }),
          );
        else if (packet.cmd === 'suback') resolve();
      });
      socket.on('data', (chunk) => {
        socket.cork();
        parser.parse(chunk);
        socket.uncork();
      });
      socket.write(
        mqttPacket.generate({ cmd: 'connect', clientId: deviceId, clean: true, keepalive: 600, protocolVersion: 4 }),
      );
    });
    connection.#build(device);
    return connection;
  }

  #build({ deviceId, tenant }: BenchDevice): void {
    this.#deviceId = deviceId;
    this.#topic = topicFor({ tenant, device: deviceId, direction: 'up', channel: 'telemetry', place: null });
    if (this.#order.lazy) return;
    for (let i = 0; i < this.#order.messagesEach; i++) this.packets.push(this.#packet(i));
  }

  #packet(i: number): Buffer {
    const { firstSeq, readings: count, poisonEach } = this.#order;
    const seqNo = firstSeq + i;
    const poison = poisonEach !== undefined && this.#isPoison(i, poisonEach);
    if (poison) this.poison++;
    const readings = Array.from({ length: count }, (_, r) => ({
      ...(count > 1 ? { dtMs: (r - count + 1) * 1_000 } : {}),
      values: Object.fromEntries(
        METRICS.map((metric, m) => [metric, poison ? 'poison' : 230 + ((seqNo * 7 + r * 3 + m) % 1_000) / 10]),
      ),
    }));
    const header = { msgId: `m${seqNo}`, deviceId: this.#deviceId, seqNo, producedAt: producedAtOf(seqNo) };
    const payload = JSON.stringify({ ...header, schemaVersion: 1, readings });
    const flags = { qos: 1, messageId: i + 1, dup: false, retain: false } as const;
    return mqttPacket.generate({ cmd: 'publish', topic: this.#topic, payload, ...flags });
  }

  /** At another place for each device, so that poison comes as evenly as in life. */
  #isPoison(i: number, each: number): boolean {
    const offset = Number.parseInt(this.#deviceId.slice(-6), 16);
    return (i + offset) % each === 0 && i < this.#order.messagesEach - 1;
  }

  get unpublished(): number {
    return this.#order.messagesEach - this.next;
  }

  send(): void {
    if (this.unpublished === 0) return;
    const packet = this.#order.lazy ? this.#packet(this.next) : this.packets[this.next]!;
    this.sentAt[this.next++] = now();
    this.#socket.write(packet);
  }

  close(): void {
    this.#socket.removeAllListeners('close').destroy();
  }

  #taken(index: number): void {
    this.pubackMs[index] = now() - this.sentAt[index]!;
    this.published++;
    if (this.#order.pace === null) this.send();
    this.#changed();
  }

  #told(payload: Buffer): void {
    const { ranges, refused } = JSON.parse(payload.toString()) as { ranges: [number, number][]; refused: unknown[] };
    const at = now();
    this.refused += refused.length;
    for (const [from, to] of ranges)
      for (let index = from - this.#order.firstSeq; index <= to - this.#order.firstSeq; index++) {
        if (this.ackMs[index] !== 0) this.acknowledgedAgain++;
        else this.acknowledged++;
        this.ackMs[index] = at - this.sentAt[index]!;
      }
    this.#changed();
  }
}

/** A millisecond apart from a little while ago, so that no message is late or of another day than the rest. */
const start = Date.now() - 60_000;
const producedAtOf = (seqNo: number) => new Date(start + seqNo).toISOString();

const percentiles = (parts: readonly Float64Array[]): Percentiles => {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  all.sort();
  return { p50: all[Math.floor(all.length * 0.5)]!, p99: all[Math.floor(all.length * 0.99)]! };
};

const inOrder = (received: AsyncIterator<unknown>) => async () => ((await received.next()).value as [ToLoad])[0];

async function pump(connections: readonly Connection[], { inFlight, pace }: LoadOrder): Promise<void> {
  if (pace === null) {
    for (const connection of connections) for (let n = 0; n < inFlight; n++) connection.send();
    return;
  }
  const began = performance.now();
  let sent = 0;
  while (connections.some((connection) => connection.unpublished > 0)) {
    for (const due = ((performance.now() - began) * pace) / 1_000; sent < due; sent++)
      connections[sent % connections.length]!.send();
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

async function run(order: LoadOrder, next: () => Promise<ToLoad>): Promise<void> {
  const all = order.messagesEach * order.devices.length;
  let tellPublished = () => {};
  let tellAcknowledged = () => {};
  const published = new Promise<void>((resolve) => (tellPublished = resolve));
  const acknowledged = new Promise<void>((resolve) => (tellAcknowledged = resolve));
  const connections: Connection[] = [];
  const sum = (read: (connection: Connection) => number) => connections.reduce((total, one) => total + read(one), 0);
  // Per device first: summing over all on every packet would be the load generator's main work.
  const changed = () => {
    if (connections.some((one) => one.published < order.messagesEach)) return;
    tellPublished();
    if (connections.every((one) => one.acknowledged === order.messagesEach)) tellAcknowledged();
  };
  for (let n = 0; n < order.devices.length; n += 10)
    connections.push(
      ...(await Promise.all(order.devices.slice(n, n + 10).map((device) => Connection.open(device, order, changed)))),
    );
  tell({ ready: { lastProducedAt: producedAtOf(order.firstSeq + order.messagesEach - 1) } });
  await next();
  const timer = setTimeout(
    () => {
      tell({
        failed: `${sum((one) => one.published)} of ${all} PUBACKs, ${sum((one) => one.acknowledged)} acknowledged`,
      });
    },
    LONGEST_MS + (order.pace === null ? 0 : (all / order.pace) * 2_000),
  );
  const startedAt = now();
  void pump(connections, order);
  await published;
  tell({ published: true });
  if (order.acknowledged) await acknowledged;
  clearTimeout(timer);
  for (const connection of connections) connection.close();
  tell({
    done: {
      startedAt,
      puback: percentiles(connections.map((one) => one.pubackMs)),
      acknowledgement: order.acknowledged ? percentiles(connections.map((one) => one.ackMs)) : null,
      acknowledged: sum((one) => one.acknowledged),
      acknowledgedAgain: sum((one) => one.acknowledgedAgain),
      refused: sum((one) => one.refused),
      poison: sum((one) => one.poison),
    },
  });
}

const next = inOrder(EventEmitter.on(process, 'message'));
process.on('disconnect', () => process.exit(0));
for (;;) {
  const message = await next();
  if (!('prepare' in message)) throw new Error('asked to go before there is anything to send');
  await run(message.prepare, next).catch((error: Error) => tell({ failed: error.stack ?? error.message }));
}
