import { DeadLetters } from '@muster/ingest/dead-letters';
import { IngestMinutes } from '@muster/ingest/ingest-minutes';
import { SessionSightings } from '@muster/ingest/session-sightings';
import { NestLogger } from '@muster/runtime/logging/nest-logger';
import type { QueueConnection } from '@muster/runtime/queues/queue-connection';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AckPublisher } from './gateway/ack.publisher.js';
import { FleetTransport } from './gateway/fleet.transport.js';
import { UplinkHandlers } from './gateway/uplink-handlers.js';
import type { WorkerParts } from './process.module.js';
import { WorkerModule } from './worker.module.js';

/** The worker, ready to listen. Processes and tests make it the same way. */
export async function createWorker(parts: WorkerParts, queues: QueueConnection): Promise<INestMicroservice> {
  const strategy = new FleetTransport(
    parts.transport,
    () => ({
      acks: app.get(AckPublisher),
      deadLetters: app.get(DeadLetters),
      sightings: app.get(SessionSightings),
      handlers: app.get(UplinkHandlers),
    }),
    parts.logger,
    parts.metrics,
  );
  const app = await NestFactory.createMicroservice<{ strategy: FleetTransport }>(
    WorkerModule.with(parts, queues, parts.logger),
    { strategy, logger: new NestLogger(parts.logger) },
  );
  app.get(IngestMinutes).door('mqtt', () => strategy.gauge);
  return app;
}
