import 'reflect-metadata';
import { systemClock } from '@muster/runtime/clock/clock';
import { openDatabase } from '@muster/runtime/database/open-database';
import { openQueueConnection } from '@muster/runtime/queues/queue-connection';
import { runProcess } from '@muster/runtime/shutdown/run-process';
import { RegisteredCertificates } from './certificates/registered-certificates.js';
import { createWorker } from './create-worker.js';
import { openTransport } from './gateway/open-transport.js';
import { queues } from './outbox/routing.js';

await runProcess('worker', async (chassis) => {
  const { settings, logger, metrics, shutdown } = chassis;
  const clock = systemClock;
  const database = await openDatabase(settings, chassis);
  const connection = openQueueConnection(settings, {
    listeners: queues.length,
    onError: (error) => logger.warn({ err: error }, 'queue connection trouble'),
  });
  shutdown.add('queues', () => connection.close());

  const authority = new RegisteredCertificates(database, clock);
  const transport = await openTransport({ settings, clock, logger, metrics, shutdown, authority });
  const worker = await createWorker({ database, clock, logger, settings, metrics, transport }, connection);
  shutdown.add('worker', () => worker.close());
  await worker.listen();
  logger.info({ broker: settings.mqttUrl ? 'external' : settings.mqttPort }, 'devices may come');
});
