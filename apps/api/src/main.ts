import 'reflect-metadata';
import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { openKeks } from '@muster/pki/keys/kek';
import { systemClock } from '@muster/runtime/clock/clock';
import { SETTINGS } from '@muster/runtime/config/settings';
import { openDatabase } from '@muster/runtime/database/open-database';
import { prepareDatabase } from '@muster/runtime/database/prepare-database';
import { NestLogger } from '@muster/runtime/logging/nest-logger';
import { runProcess } from '@muster/runtime/shutdown/run-process';
import { ensureFirstTenant } from './access/first-tenant.js';
import { deviceSlices, slices } from './app.module.js';
import { keepTrust } from './bootstrap/keep-trust.js';
import { openIdentity } from './bootstrap/open-identity.js';
import type { ApiDeps } from './deps.module.js';
import { createDeviceApp } from './device-door/device.app.js';
import { createPeopleApp } from './people.app.js';
import { IdentityDoor } from './trust/identity-door.js';

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

await runProcess('api', async (chassis) => {
  const { settings, logger, metrics, shutdown } = chassis;
  const keks = await openKeks(join(settings.data, 'keys'), settings);
  const { databaseUrl: ownerUrl, databaseAppUrl: appUrl, databaseSystemUrl: systemUrl } = settings;
  // Under `npm start` the launcher has done this and keeps the owner's URL to itself; under compose it falls to the api.
  if (ownerUrl) await prepareDatabase({ ownerUrl, appUrl, systemUrl });
  const database = await openDatabase(settings, chassis);
  await ensureFirstTenant(database);
  const identity = openIdentity(settings, { database, clock: systemClock, kek: keks });
  const doorTls = await identity.files.refresh();

  const deps: ApiDeps = {
    database,
    clock: systemClock,
    log: logger,
    metrics,
    nestLogger: new NestLogger(logger),
    secret: Buffer.from(hkdfSync('sha256', await keks.current(), '', 'muster api door', 32)),
    files: {
      console: beside('../../console/dist'),
      agent: beside('../../../packages/device-agent/dist/muster-agent.tgz'),
    },
    providers: [
      { provide: SETTINGS, useValue: settings },
      { provide: IdentityDoor, useValue: identity.door },
      { provide: ArtifactStorage, useValue: openStorage(settings) },
    ],
  };

  const people = await createPeopleApp(deps, slices);
  shutdown.add('people app', () => people.close());
  await people.listen(settings.port, settings.bind);
  logger.info({ port: settings.port }, 'people and clients may come');

  const devices = await createDeviceApp(deps, doorTls, deviceSlices);
  shutdown.add('device app', () => devices.close());
  await devices.listen(settings.devicePort, settings.bind);
  shutdown.add('trust files', await keepTrust(database, identity.files, devices, logger));
  logger.info({ port: settings.devicePort }, 'devices may enrol');
});
