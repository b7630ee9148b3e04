import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicFor } from '@muster/contracts/mqtt/topics';
import { memberStore } from '@muster/persistence/access/member.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import type { Authority } from '@muster/pki/authority/authority';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueAnchor } from '@muster/pki/authority/issue-cross';
import { issueDeviceLeaf, issueServerLeaf, issueServiceLeaf } from '@muster/pki/authority/issue-leaf';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { systemClock } from '@muster/runtime/clock/clock';
import { readSettings } from '@muster/runtime/config/settings';
import { freePort } from '@muster/runtime/embedded/free-port';
import { createLogger } from '@muster/runtime/logging/logger';
import { createMetrics } from '@muster/runtime/metrics/metrics';
import { openQueueConnection } from '@muster/runtime/queues/queue-connection';
import { startMosquitto } from '@muster/testkit/mosquitto';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import mqtt, { type MqttClient } from 'mqtt';
import { v7 as uuidv7 } from 'uuid';
import { RegisteredCertificates } from '../certificates/registered-certificates.js';
import { createWorker } from '../create-worker.js';
import { EmbeddedTransport } from '../gateway/embedded/embedded.transport.js';
import { ExternalTransport } from '../gateway/external/external.transport.js';
import type { UplinkTransport } from '../gateway/uplink.port.js';
import { queues } from '../outbox/routing.js';

export const tenant = 'acme';
const now = new Date();
const crlUri = 'http://crl.test/1.crl';
const logger = createLogger({ process: 'worker', level: 'fatal' });
const signer = async () => keySigner(await generatePrivateKey('ES256'));
const pem = (key: Awaited<ReturnType<typeof generatePrivateKey>>) =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string;

let home: string;
export let test: TestDatabase;
let root: Authority;
let devices: Authority;
let services: Authority;
let authorityId: string;
const tls = { broker: { key: '', cert: '' }, service: { key: '', cert: '' }, trust: '', anchor: '' };

/** Authorities, certificates of the brokers and a database, for the tests of one file. */
export const openWorld = async (): Promise<void> => {
  home = mkdtempSync(join(tmpdir(), 'muster-clones-'));
  test = await testDatabase();
  root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  const issuing = async (kind: 'device' | 'server' | 'service') =>
    issueAuthority(root, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
  devices = await issuing('device');
  const servers = await issuing('server');
  services = await issuing('service');
  const [key, serviceKey] = [await generatePrivateKey('ES256'), await generatePrivateKey('ES256')];
  const hosts = { hosts: ['localhost'] as const, publicKey: createPublicKey(key) };
  tls.broker = { key: pem(key), cert: (await issueServerLeaf(servers, hosts, { now })).pem + servers.pem };
  const service = { domain: 'test', name: 'muster-worker', publicKey: createPublicKey(serviceKey) };
  tls.service = { key: pem(serviceKey), cert: (await issueServiceLeaf(services, service, { now })).pem + services.pem };
  tls.trust = root.pem + devices.pem + services.pem;
  tls.anchor = await issueAnchor(services, now);
  authorityId = await test.database.system(async (tx) => {
    await memberStore.ensureTenant(tx, { id: tenant, name: tenant });
    const authority = { tenantId: tenant, kind: 'device' as const, generation: 1, certificatePem: '', keyRef: 'k' };
    return (await authorityStore.insert(tx, authority, now)).id;
  });
};
export const closeWorld = async (): Promise<void> => {
  await test?.drop();
  rmSync(home, { recursive: true, force: true });
};

/** A device in the registry with a key and a certificate: whoever has them is it. */
export async function newIdentity() {
  const deviceId = uuidv7();
  const key = await generatePrivateKey('ES256');
  const claim = { domain: 'test', tenant, deviceId, publicKey: createPublicKey(key), crlUri };
  const leaf = await issueDeviceLeaf(devices, claim, { now });
  await test.database.tenant(tenant, async (tx) => {
    const facts = {
      name: 'pump',
      serial: deviceId,
      model: 'gw-1',
      hardwareRevision: null,
      class: 'gateway',
      site: null,
    };
    await deviceStore.insert(tx, { id: deviceId, ...facts, labels: {}, state: 'active' }, now);
    const certificate = {
      id: uuidv7(),
      deviceId,
      tokenId: null,
      source: 'token',
      sourceId: null,
      late: false,
    } as const;
    const { serial, fingerprint, notBefore, notAfter } = leaf;
    const dates = { serial, fingerprint, pem: leaf.pem, notBefore, notAfter, keyHash: fingerprint, authorityId };
    await certificateStore.insert(tx, { ...certificate, ...dates }, now);
  });
  return { deviceId, key: pem(key), cert: leaf.pem + devices.pem };
}
export type Identity = Awaited<ReturnType<typeof newIdentity>>;

/** What a client of MQTT needs to come as this device, or as a process of ours. */
export const asDevice = ({ deviceId, key, cert }: Identity) => ({ key, cert, ca: root.pem, clientId: deviceId });
export const asService = () => ({ ...tls.service, ca: root.pem });

export interface Holder extends AsyncDisposable {
  readonly client: MqttClient;
  readonly connects: () => number;
  readonly beat: () => void;
}

/** A process that holds the identity: it connects again whenever its session ends, and says each time which run it is. */
export function hold(
  { deviceId, key, cert }: Identity,
  port: number,
  run: string | null,
  localAddress = '127.0.0.1',
  reconnectPeriod = 50,
): Holder {
  let seqNo = run === null ? 0 : run.length * 1_000;
  let connects = 0;
  const options = { key, cert, ca: root.pem, clientId: deviceId, reconnectPeriod, localAddress };
  const client = mqtt.connect(`mqtts://localhost:${port}`, options);
  const topic = topicFor({ tenant, device: deviceId, direction: 'up', channel: 'heartbeat', place: null });
  const beat = () => {
    const header = {
      msgId: uuidv7(),
      deviceId,
      seqNo: seqNo++,
      producedAt: new Date().toISOString(),
      schemaVersion: 1,
    };
    const body = { ...header, reason: 'connected', ...(run === null ? {} : { bootId: run, uptimeS: 100 }) };
    client.publish(topic, JSON.stringify(body), { qos: 1 });
  };
  client.on('connect', () => {
    connects++;
    beat();
  });
  client.on('error', () => {});
  return { client, connects: () => connects, beat, [Symbol.asyncDispose]: () => client.endAsync(true).then(() => {}) };
}

async function openWorker(transport: UplinkTransport, data: string) {
  const urls = { MUSTER_DATABASE_APP_URL: test.appUrl, MUSTER_DATABASE_SYSTEM_URL: test.systemUrl };
  const settings = readSettings({ MUSTER_DATA: data, ...urls });
  const connection = openQueueConnection(settings, { listeners: queues.length, onError: () => {} });
  const parts = {
    database: test.database,
    clock: systemClock,
    logger,
    settings,
    metrics: createMetrics('w'),
    transport,
  };
  const app = await createWorker({ ...parts, providers: [] }, connection);
  await app.listen();
  const close = async () => {
    await app.close();
    await connection.close();
  };
  return { app, [Symbol.asyncDispose]: close };
}

export async function embedded() {
  const refusals: string[] = [];
  const transport = new EmbeddedTransport(
    { port: 0, bind: '127.0.0.1', ...tls.broker, ca: tls.trust },
    new RegisteredCertificates(test.database, systemClock),
    systemClock,
    (code) => refusals.push(code),
  );
  const worker = await openWorker(transport, join(home, 'embedded'));
  return {
    port: transport.port,
    app: worker.app,
    refusals,
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}

export async function mosquitto() {
  const folder = join(home, 'mosquitto');
  mkdirSync(join(folder, 'tls'), { recursive: true });
  const write = (name: string, content: string) => writeFileSync(join(folder, 'tls', name), content);
  const list = {
    number: 1,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + 86_400_000),
    uri: crlUri,
    revoked: [],
  };
  write('broker.key', tls.broker.key);
  write('broker.crt', tls.broker.cert);
  write('broker-trust.pem', tls.trust);
  write('service-trust.pem', tls.anchor);
  const lists = [await writeCrl(devices, list), await writeCrl(services, list)];
  write('broker.crl', lists.map((made) => made.pem).join(''));
  const broker = await startMosquitto({
    home: folder,
    tls: join(folder, 'tls'),
    port: await freePort(),
    servicePort: await freePort(),
  });
  const settings = {
    url: `mqtts://localhost:${broker.servicePort}`,
    ...tls.service,
    ca: root.pem,
    clientId: 'worker-1',
  };
  const worker = await openWorker(new ExternalTransport(settings, systemClock, logger), join(home, 'worker'));
  const close = async () => {
    await worker[Symbol.asyncDispose]();
    await broker.stop();
  };
  return { port: broker.port, [Symbol.asyncDispose]: close };
}
