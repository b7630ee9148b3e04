import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '@muster/runtime/clock/clock';
import type { Settings } from '@muster/runtime/config/settings';
import type { Logger } from '@muster/runtime/logging/logger';
import type { Shutdown } from '@muster/runtime/shutdown/shutdown';
import { Counter, type Registry } from 'prom-client';
import { EmbeddedTransport } from './embedded/embedded.transport.js';
import type { ConnectAuthority } from './embedded/sessions.js';
import { ExternalTransport, type ServiceTls } from './external/external.transport.js';
import type { UplinkTransport } from './uplink.port.js';

export interface TransportParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly shutdown: Shutdown;
  readonly authority: ConnectAuthority;
}

/** Certificates are made by the api, which may start after the worker. */
const PATIENCE_MS = 120_000;
const SETTLE_MS = 500;

/** The broker inside this process, or a connection to the one at MUSTER_MQTT_URL. Waits for the certificates it needs. */
export async function openTransport(parts: TransportParts): Promise<UplinkTransport> {
  const { settings, clock, logger } = parts;
  const folder = join(settings.data, 'tls');
  if (settings.mqttUrl) {
    const { key, cert, ca } = await readTls(folder, 'service', 'root.pem');
    // Process numbers repeat between hosts and containers, and a broker ends the older session of two with one id.
    const clientId = `muster-worker-${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
    const external = new ExternalTransport(
      { url: settings.mqttUrl, devicePort: settings.mqttPort, key, cert, ca, clientId },
      clock,
      logger,
    );
    renewOnChange(() => readTls(folder, 'service', 'root.pem'), external, folder, parts);
    return external;
  }
  const tls = await readTls(folder, 'broker', 'broker-trust.pem');
  const refusals = new Counter({
    name: 'muster_broker_refusals_total',
    help: 'Connections, publishes and subscriptions the broker refused, by problem code.',
    labelNames: ['code'],
    registers: [parts.metrics],
  });
  const transport = new EmbeddedTransport(
    { ...tls, port: settings.mqttPort, bind: settings.bind },
    parts.authority,
    clock,
    (code, facts) => {
      refusals.inc({ code });
      logger.warn({ code, ...facts }, 'refused by the broker');
    },
  );
  renewOnChange(() => readTls(folder, 'broker', 'broker-trust.pem'), transport, folder, parts);
  return transport;
}

/** A new tenant has a new authority, a root follows another, and our own certificates are renewed: all are files that change. */
function renewOnChange(
  read: () => Promise<ServiceTls>,
  transport: { renew(tls: ServiceTls): void },
  folder: string,
  { logger, shutdown }: Pick<TransportParts, 'logger' | 'shutdown'>,
): void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      read()
        .then((tls) => transport.renew(tls))
        .catch((error: unknown) => logger.error({ err: error }, 'the renewed certificates could not be used'));
    }, SETTLE_MS);
  });
  shutdown.add('certificate watch', () => {
    clearTimeout(timer);
    watcher.close();
  });
}

async function readTls(
  folder: string,
  name: string,
  trust: string,
): Promise<{ key: string; cert: string; ca: string }> {
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const [key, cert, ca] = await Promise.all([read(`${name}.key`), read(`${name}.crt`), read(trust)]);
      return { key, cert, ca };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || performance.now() > deadline) throw error;
      await pause(200);
    }
  }
}
