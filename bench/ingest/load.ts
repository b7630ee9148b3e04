import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { topicFor } from '@muster/contracts/mqtt/topics';
import type { Identity } from '@muster/device-agent/identity/identity';
import mqttPacket from 'mqtt-packet';

/** Messages on their way at once, per connection. */
const WINDOW = 20;
const METRICS = ['power_w', 'voltage_v', 'current_a', 'energy_kwh', 'frequency_hz'];

/** One connection that publishes prepared messages at QoS 1 as fast as they are acknowledged. */
export class Load {
  #done: (() => void) | null = null;
  #next = 1;
  #acknowledged = 0;
  #packets: Buffer[] = [];

  private constructor(
    private readonly socket: TLSSocket,
    private readonly identity: Identity,
  ) {}

  static async open(port: number, identity: Identity): Promise<Load> {
    const { key, certificate: cert, root: ca, deviceId } = identity;
    const socket = connect({ host: '127.0.0.1', port, key, cert, ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    const load = new Load(socket.setNoDelay(true), identity);
    const parser = mqttPacket.parser({ protocolVersion: 4 });
    const connected = new Promise<void>((resolve, reject) => {
      parser.on('packet', (packet) => {
        if (packet.cmd === 'connack') packet.returnCode === 0 ? resolve() : reject(new Error('refused'));
        else if (packet.cmd === 'puback') load.#take();
      });
      socket.once('close', () => reject(new Error('the connection ended')));
    });
    socket.on('data', (data) => parser.parse(data));
    socket.write(
      mqttPacket.generate({ cmd: 'connect', clientId: deviceId, clean: true, keepalive: 600, protocolVersion: 4 }),
    );
    await connected;
    return load;
  }

  /** Makes the packets beforehand, so that the run measures the other side. */
  prepare(n: number, firstSeq: number): void {
    const { tenant, deviceId } = this.identity;
    const topic = topicFor({ tenant, device: deviceId, direction: 'up', channel: 'telemetry', place: null });
    const start = Date.now() - 3_600_000;
    this.#packets = Array.from({ length: n }, (_, i) => {
      const seqNo = firstSeq + i;
      const values = Object.fromEntries(METRICS.map((metric, m) => [metric, seqNo + m / 10]));
      const header = {
        msgId: `m${seqNo}`,
        deviceId,
        seqNo,
        producedAt: new Date(start + seqNo).toISOString(),
        schemaVersion: 1,
      };
      const payload = JSON.stringify({ ...header, readings: [{ values }] });
      return mqttPacket.generate({
        cmd: 'publish',
        topic,
        payload,
        qos: 1,
        messageId: (i % 60_000) + 1,
        dup: false,
        retain: false,
      });
    });
    this.#next = 0;
    this.#acknowledged = 0;
  }

  /** Sends what was prepared; resolves when all of it is acknowledged. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      for (let n = 0; n < WINDOW; n++) this.#send();
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #take(): void {
    if (++this.#acknowledged === this.#packets.length) this.#done?.();
    else this.#send();
  }

  #send(): void {
    const packet = this.#packets[this.#next++];
    if (packet) this.socket.write(packet);
  }
}
