import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicFor, type UplinkChannel } from '@muster/contracts/mqtt/topics';
import { systemClock } from '@muster/runtime/clock/clock';
import { readSettings } from '@muster/runtime/config/settings';
import { createLogger } from '@muster/runtime/logging/logger';
import { createMetrics } from '@muster/runtime/metrics/metrics';
import { openQueueConnection } from '@muster/runtime/queues/queue-connection';
import type { TestDatabase } from '@muster/testkit/postgres';
import type { INestMicroservice, Provider } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { createWorker } from './create-worker.js';
import type { UplinkListener, UplinkTransport } from './gateway/uplink.port.js';
import { queues } from './outbox/routing.js';

export interface SentDownlink {
  readonly topic: string;
  readonly body: Record<string, unknown>;
}

/** The edge of the world in tests: uplinks are handed in, downlinks are written down. */
export class MemoryTransport implements UplinkTransport {
  readonly sent: SentDownlink[] = [];
  readonly kicked: string[] = [];
  /** Sessions that no kick ends, by fingerprint. */
  readonly stuck = new Set<string>();
  revocationLagMs = 0;
  knock?: NonNullable<UplinkTransport['knock']>;
  #listener: UplinkListener | null = null;

  async start(listener: UplinkListener): Promise<void> {
    this.#listener = listener;
  }
  pause(): void {}
  resume(): void {}
  async publish(topic: string, payload: Buffer): Promise<void> {
    this.sent.push({ topic, body: JSON.parse(payload.toString()) as Record<string, unknown> });
  }
  async kick(deviceId: string): Promise<boolean> {
    this.kicked.push(deviceId);
    return true;
  }
  hasSession(_deviceId: string, fingerprint: string): boolean {
    return this.stuck.has(fingerprint);
  }
  async close(): Promise<void> {}

  /** Hands an uplink in; resolves when it was acknowledged. */
  uplink(
    device: { tenant: string; deviceId: string },
    channel: UplinkChannel,
    body: object | Buffer,
    place: string | null = null,
  ): Promise<void> {
    const payload = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const message = { ...device, channel, place, payload, receivedAt: new Date(), fingerprint: null };
    return new Promise((resolve) => this.#listener!.onMessage(message, resolve));
  }

  /** Bodies sent to a device on one channel so far. */
  to(device: { tenant: string; deviceId: string }, channel: 'ack' | 'twin' | 'command' | 'execution' | 'trust') {
    const topic = topicFor({ tenant: device.tenant, device: device.deviceId, direction: 'down', channel, place: null });
    return this.sent.filter((one) => one.topic === topic).map((one) => one.body);
  }
}

export interface TestWorker extends AsyncDisposable {
  readonly transport: MemoryTransport;
  readonly app: INestMicroservice;
  readonly metrics: Registry;
}

/** The whole worker on a test's database, with the transport replaced. */
export async function testWorker(
  test: TestDatabase,
  providers: readonly Provider[] = [],
  data = mkdtempSync(join(tmpdir(), 'muster-worker-')),
  environment: Readonly<Record<string, string>> = {},
): Promise<TestWorker> {
  const settings = readSettings({
    MUSTER_DATA: data,
    MUSTER_DATABASE_APP_URL: test.appUrl,
    MUSTER_DATABASE_SYSTEM_URL: test.systemUrl,
    ...environment,
  });
  const logger = createLogger({ process: 'worker', level: 'fatal' });
  const connection = openQueueConnection(settings, { listeners: queues.length, onError: () => {} });
  const transport = new MemoryTransport();
  const metrics = createMetrics('worker');
  const parts = {
    database: test.database,
    clock: systemClock,
    logger,
    settings,
    metrics,
    transport,
    providers,
  };
  const app = await createWorker(parts, connection);
  await app.listen();
  return {
    transport,
    app,
    metrics,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await connection.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
