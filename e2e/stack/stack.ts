import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKey } from '@muster/contracts/access/access.routes';
import { permissions } from '@muster/contracts/access/permissions';
import { createEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { ApiClient } from '@muster/launcher/demo/api-client';
import { makeSignInLink } from '@muster/launcher/sign-in';
import { Database } from '@muster/persistence/database';
import { roleUrls } from '@muster/runtime/config/role-urls';
import { freePort } from '@muster/runtime/embedded/free-port';
import type { TestCluster } from '@muster/testkit/cluster';
import { type Mosquitto, startMosquitto } from '@muster/testkit/mosquitto';
import { cloneDatabase, type TestDatabase } from '@muster/testkit/postgres';
import { ServerProcess } from './process.js';

/** Servers the product finds by URL. The database is empty: the api migrates it as its owner. */
export interface ExternalParts {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly artifactsUrl: string;
}

export type StackOptions = ({ readonly cluster: TestCluster } | { readonly external: ExternalParts }) & {
  /** `mosquitto` runs Debian's broker with the product's own configuration. */
  readonly broker?: 'embedded' | 'mosquitto';
  /** Mosquitto keeps nothing on disk. */
  readonly forgetfulBroker?: boolean;
  /** Ports under which each worker of several finds the database; one worker goes there directly. Needs an external broker. */
  readonly workersVia?: readonly number[];
};

/** The built product on free ports with a database of its own: api and worker as real processes. */
export class Stack implements AsyncDisposable {
  private constructor(
    readonly home: string,
    readonly testDatabase: TestDatabase,
    readonly ports: { readonly people: number; readonly devices: number; readonly mqtt: number },
    readonly api: ServerProcess,
    readonly workers: readonly ServerProcess[],
    readonly client: ApiClient,
    readonly mosquitto: Mosquitto | null,
  ) {}

  static async start(options: StackOptions): Promise<Stack> {
    const { broker = 'embedded', forgetfulBroker = false, workersVia = [] } = options;
    const home = mkdtempSync(join(tmpdir(), 'muster-stack-'));
    mkdirSync(join(home, 'logs'));
    const own = 'cluster' in options ? await cloneDatabase(options.cluster) : null;
    const external = 'external' in options ? options.external : null;
    const ports = { people: await freePort(), devices: await freePort(), mqtt: await freePort() };
    const servicePort = await freePort();
    const environment = {
      MUSTER_DATA: join(home, 'data'),
      MUSTER_PORT: String(ports.people),
      MUSTER_DEVICE_PORT: String(ports.devices),
      MUSTER_MQTT_PORT: String(ports.mqtt),
      ...(own ? databaseSettings(own) : {}),
      ...(external ? externalSettings(external) : {}),
      ...(broker === 'mosquitto' ? { MUSTER_MQTT_URL: `mqtts://localhost:${servicePort}` } : {}),
    };
    const server = (name: string, n = '', over = {}) =>
      new ServerProcess(
        `${name}${n}`,
        `apps/${name}/dist/main.js`,
        { ...environment, ...over },
        join(home, 'logs', `${name}${n}.log`),
      );
    const api = server('api');
    const workers =
      workersVia.length === 0 || own === null
        ? [server('worker')]
        : workersVia.map((port, i) => server('worker', `-${i + 1}`, throughPort(databaseSettings(own), port)));
    await api.start();
    const testDatabase = own ?? (await connectTo(external!.databaseUrl));
    const mosquitto =
      broker === 'mosquitto'
        ? await startMosquitto({
            home,
            tls: join(home, 'data', 'tls'),
            port: ports.mqtt,
            servicePort,
            forgetful: forgetfulBroker,
          })
        : null;
    for (const worker of workers) await worker.start();
    const baseUrl = `http://127.0.0.1:${ports.people}`;
    const person = await ApiClient.signIn(baseUrl, await makeSignInLink(testDatabase.ownerUrl, baseUrl));
    const { secret } = await person.call(createApiKey, { body: { name: 'journeys', permissions: [...permissions] } });
    const client = ApiClient.withKey(baseUrl, secret);
    return new Stack(home, testDatabase, ports, api, workers, client, mosquitto);
  }

  /** The worker, where there is one; the first of several. */
  get worker(): ServerProcess {
    return this.workers[0]!;
  }

  get database(): Database {
    return this.testDatabase.database;
  }

  get deviceUrl(): string {
    return `https://localhost:${this.ports.devices}`;
  }

  /** A token that `uses` devices may enrol with. */
  async enrollmentToken(uses: number, site?: string): Promise<string> {
    const made = await this.client.call(createEnrollmentToken, {
      body: { name: 'journey', maxUses: uses, expiresInS: 3600, ...(site ? { site } : {}) },
    });
    return made.token;
  }

  async stop(): Promise<void> {
    for (const worker of this.workers) await worker.stop();
    await this.api.stop();
    await this.mosquitto?.stop();
    await this.testDatabase.drop();
    if (!process.env.MUSTER_KEEP) rmSync(this.home, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

const databaseSettings = ({ ownerUrl, appUrl, systemUrl }: TestDatabase) => ({
  MUSTER_DATABASE_URL: ownerUrl,
  MUSTER_DATABASE_APP_URL: appUrl,
  MUSTER_DATABASE_SYSTEM_URL: systemUrl,
});

const throughPort = (settings: Record<string, string>, port: number) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const url = new URL(value);
      url.host = `127.0.0.1:${port}`;
      return [name, url.href] as const;
    }),
  );

const externalSettings = ({ databaseUrl, redisUrl, artifactsUrl }: ExternalParts) => ({
  MUSTER_DATABASE_URL: databaseUrl,
  MUSTER_REDIS_URL: redisUrl,
  MUSTER_ARTIFACTS_URL: artifactsUrl,
});

/** A database that goes with its server: dropping it only closes the connections. */
async function connectTo(ownerUrl: string): Promise<TestDatabase> {
  const roles = roleUrls(ownerUrl);
  const database = await Database.connect({ ...roles, poolMax: 5 });
  const drop = () => database.close();
  return { name: new URL(ownerUrl).pathname.slice(1), ownerUrl, ...roles, database, drop, [Symbol.asyncDispose]: drop };
}
