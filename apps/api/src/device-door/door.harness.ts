/** For tests: the device door on a real socket beside the people's application, both on a database of the test's own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreatedEnrollmentToken, EnrollAnswer } from '@muster/contracts/enrollment/enrollment.schema';
import type { Database } from '@muster/persistence/database';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import { writeRequest } from '@muster/pki/client/write-request';
import type { Clock } from '@muster/runtime/clock/clock';
import { SETTINGS } from '@muster/runtime/config/settings';
import type { DynamicModule, Type } from '@nestjs/common';
import { openIdentity } from '../bootstrap/open-identity.js';
import { CertificatesModule } from '../certificates/certificates.module.js';
import type { ApiDeps } from '../deps.module.js';
import { EnrollmentModule } from '../enrollment/enrollment.module.js';
import { openHarness } from '../people.harness.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { createDeviceApp } from './device.app.js';

export interface ClientIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface DoorOptions extends Pick<ApiDeps, 'paces' | 'metrics'> {
  /** Settings beside the data folder. */
  readonly settings?: object;
  /** Slices of the device door beside enrolment. */
  readonly deviceSlices?: readonly (Type | DynamicModule)[];
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  json(): any;
}

const kek = Buffer.alloc(32, 3);
const urls = { host: 'localhost', port: 8080, devicePort: 8443, mqttPort: 8883 };

export const openDoorHarness = async (
  database: Database,
  clock: Clock,
  slices: readonly (Type | DynamicModule)[] = [],
  { deviceSlices = [], settings = {}, ...doorParts }: DoorOptions = {},
) => {
  const data = await mkdtemp(join(tmpdir(), 'muster-door-'));
  const identity = openIdentity({ data, ...urls, ...settings }, { database, clock, kek });
  const providers = [
    { provide: IdentityDoor, useValue: identity.door },
    { provide: SETTINGS, useValue: { data, ...settings } },
    { provide: ArtifactStorage, useValue: openStorage({ data, artifactsUrl: undefined }) },
  ];
  const people = await openHarness(database, clock, [EnrollmentModule, CertificatesModule, ...slices], { providers });
  const tls = await identity.files.refresh();
  const log = { info: () => {}, warn: console.warn, error: console.error };
  const deps = { database, clock, log, secret: Buffer.alloc(32, 7), providers, ...doorParts };
  const app = await createDeviceApp(deps, tls, deviceSlices);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;

  const send = (
    method: string,
    path: string,
    /** A Buffer is sent as it is, with the type in `headers`; anything else as JSON. */
    options: { body?: unknown; bearer?: string; as?: ClientIdentity; headers?: Record<string, string> } = {},
  ): Promise<DoorAnswer> =>
    new Promise((resolve, reject) => {
      const raw = Buffer.isBuffer(options.body);
      const text = options.body === undefined || raw ? (options.body as Buffer) : JSON.stringify(options.body);
      const headers = {
        ...(text === undefined || raw ? {} : { 'content-type': 'application/json' }),
        ...(options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }),
        ...options.headers,
      };
      const call = request(
        { method, path, port, host: 'localhost', family: 4, agent: false, ca: tls.ca, headers, ...options.as },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            const body = Buffer.concat(chunks).toString();
            const { statusCode = 0, headers: received } = answer;
            resolve({ status: statusCode, headers: received, text: body, json: () => JSON.parse(body) });
          });
        },
      );
      call.once('error', reject).end(text);
    });

  return {
    data,
    port,
    people,
    identity,
    tls,
    send,
    app,
    token: async (options: object = {}): Promise<CreatedEnrollmentToken> =>
      (await people.as('admin').post('/enrollment-tokens', { name: 'Test', ...options })).json(),
    enroll: (bearer: string, claim: object) => send('POST', '/device/v1/enroll', { bearer, body: claim }),
    close: async () => {
      await app.close();
      await people.close();
      await rm(data, { recursive: true, force: true });
    },
  };
};

export type DoorHarness = Awaited<ReturnType<typeof openDoorHarness>>;

/** A new key with its certificate request. */
export const newRequest = (deviceId?: string) => {
  const key = generateDeviceKey();
  return { key: keyToPem(key), csr: writeRequest(key, deviceId) };
};

export const identityOf = (key: string, answer: EnrollAnswer): ClientIdentity => ({
  key,
  cert: [answer.certificate, ...answer.chain].join(''),
});
