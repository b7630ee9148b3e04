import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { topicFor } from '@muster/contracts/mqtt/topics';
import type { RefusedUplink, UplinkMessage } from '@muster/ingest/uplink';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueAnchor } from '@muster/pki/authority/issue-cross';
import { issueDeviceLeaf, issueServerLeaf, issueServiceLeaf } from '@muster/pki/authority/issue-leaf';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { freePort } from '@muster/runtime/embedded/free-port';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type Mosquitto, startMosquitto } from '@muster/testkit/mosquitto';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Acknowledge } from '../uplink.port.js';
import { ExternalTransport } from './external.transport.js';

const device = '01970000-0000-7000-8000-000000000001';
const other = '01970000-0000-7000-8000-000000000002';
const up = (id: string, tenant = 'main') =>
  topicFor({ tenant, device: id, direction: 'up', channel: 'telemetry', place: 'hall/meter-1' });
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const quiet = { info: () => {}, warn: () => {} };

let home: string;
let broker: Mosquitto;
let pems: Record<'root' | 'service' | 'serviceKey' | 'device' | 'deviceKey' | 'renewed' | 'renewedKey', string>;
const open: { close(): Promise<unknown> }[] = [];
let opened = 0;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-external-'));
  const tls = join(home, 'tls');
  mkdirSync(tls);
  pems = await writeTrust(tls);
  broker = await startMosquitto({ home, tls, port: await freePort(), servicePort: await freePort() });
});
// Two clients of one id would take the session from each other for ever.
afterEach(async () => {
  for (const part of open.splice(0)) await part.close();
});
afterAll(async () => {
  await broker.stop();
  rmSync(home, { recursive: true, force: true });
});

async function writeTrust(tls: string) {
  const now = new Date();
  const signer = async () => keySigner(await generatePrivateKey('ES256'));
  const root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  const issuing = async (kind: 'device' | 'server' | 'service') =>
    issueAuthority(root, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
  const devices = await issuing('device');
  const servers = await issuing('server');
  const services = await issuing('service');
  const keys = {
    broker: await generatePrivateKey('ES256'),
    service: await generatePrivateKey('ES256'),
    device: await generatePrivateKey('ES256'),
    renewed: await generatePrivateKey('ES256'),
  };
  const pem = (key: (typeof keys)['broker']) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
  const server = await issueServerLeaf(
    servers,
    { hosts: ['localhost'], publicKey: createPublicKey(keys.broker) },
    { now },
  );
  const serviceOf = (key: (typeof keys)['service']) =>
    issueServiceLeaf(services, { domain: 'test', name: 'muster-worker', publicKey: createPublicKey(key) }, { now });
  const [service, renewed] = [await serviceOf(keys.service), await serviceOf(keys.renewed)];
  const leaf = await issueDeviceLeaf(
    devices,
    {
      domain: 'test',
      tenant: 'main',
      deviceId: device,
      publicKey: createPublicKey(keys.device),
      crlUri: 'http://crl.test/1.crl',
    },
    { now },
  );
  writeFileSync(join(tls, 'broker-trust.pem'), root.pem + devices.pem + services.pem);
  writeFileSync(join(tls, 'service-trust.pem'), await issueAnchor(services, now));
  writeFileSync(join(tls, 'broker.crt'), server.pem + servers.pem);
  writeFileSync(join(tls, 'broker.key'), pem(keys.broker));
  const nextUpdate = new Date(now.getTime() + 86_400_000);
  const crl = await writeCrl(devices, {
    number: 1,
    thisUpdate: now,
    nextUpdate,
    uri: 'http://crl.test/1.crl',
    revoked: [],
  });
  writeFileSync(join(tls, 'broker.crl'), crl.pem);
  return {
    root: root.pem,
    service: service.pem + services.pem,
    serviceKey: pem(keys.service),
    device: leaf.pem + devices.pem,
    deviceKey: pem(keys.device),
    renewed: renewed.pem + services.pem,
    renewedKey: pem(keys.renewed),
  };
}

async function startTransport(
  onMessage: (message: UplinkMessage, ack: Acknowledge) => void,
  refused: RefusedUplink[] = [],
) {
  const transport = new ExternalTransport(
    {
      url: `mqtts://localhost:${broker.servicePort}`,
      key: pems.serviceKey,
      cert: pems.service,
      ca: pems.root,
      clientId: `worker-${opened++}`,
    },
    clock,
    quiet,
    () => 0.1,
  );
  open.push(transport);
  await transport.start({ onMessage, onRefused: (message) => refused.push(message) });
  return transport;
}

async function connectDevice(): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtts://localhost:${broker.port}`, {
    key: pems.deviceKey,
    cert: pems.device,
    ca: pems.root,
    clientId: device,
    reconnectPeriod: 50,
  });
  client.on('error', () => {});
  open.push({ close: () => client.endAsync(true) });
  return client;
}

describe('ExternalTransport on Mosquitto with the shipped configuration', () => {
  it('hands over identity, place and the exact bytes of an uplink', async () => {
    const seen: UplinkMessage[] = [];
    await startTransport((message, ack) => {
      seen.push(message);
      ack();
    });
    const client = await connectDevice();
    const payload = Buffer.from([0, 255, 10, 13]);
    await client.publishAsync(up(device), payload, { qos: 1 });
    await assertEventually(() => expect(seen).toHaveLength(1));
    expect(seen[0]).toMatchObject({
      tenant: 'main',
      deviceId: device,
      channel: 'telemetry',
      place: 'hall/meter-1',
      payload,
    });
  });

  it('hears nothing that a device publishes in the name of another', async () => {
    const seen: UplinkMessage[] = [];
    await startTransport((message, ack) => {
      seen.push(message);
      ack();
    });
    const client = await connectDevice();
    await client.publishAsync(up(other), 'forged', { qos: 1 }).catch(() => {});
    await client.publishAsync(up(device), 'own', { qos: 1 });
    await assertEventually(() => expect(seen.map((message) => message.payload.toString())).toEqual(['own']));
  });

  it('takes sessions over with the roots and the certificate that were renewed, and goes on hearing devices', async () => {
    const seen: string[] = [];
    const transport = await startTransport((message, ack) => {
      seen.push(message.payload.toString());
      ack();
    });
    const { key, cert, root } = { key: pems.serviceKey, cert: pems.service, root: pems.root };
    // Nothing the broker presents leads to this one.
    transport.renew({ key, cert, ca: pems.device });
    await expect(transport.kick(other)).rejects.toThrow(/certificate/);
    transport.renew({ key: pems.renewedKey, cert: pems.renewed, ca: root });
    expect(await transport.kick(other)).toBe(true);
    const client = await connectDevice();
    await assertEventually(async () => {
      await client.publishAsync(up(device), 'still', { qos: 1 });
      expect(seen).toContain('still');
    });
  });

  it('publishes to the device alone, and goes on after the broker was killed', async () => {
    const seen: string[] = [];
    const transport = await startTransport((message, ack) => {
      seen.push(message.payload.toString());
      ack();
    });
    const client = await connectDevice();
    const heard: string[] = [];
    client.on('message', (_topic, payload) => heard.push(payload.toString()));
    const down = topicFor({ tenant: 'main', device, direction: 'down', channel: 'ack', place: null });
    await client.subscribeAsync(down, { qos: 1 });
    await transport.publish(down, Buffer.from('one'), 1);
    await assertEventually(() => expect(heard).toEqual(['one']));

    await broker.kill();
    await broker.start();
    await assertEventually(async () => {
      await client.publishAsync(up(device), 'after', { qos: 1 });
      expect(seen).toContain('after');
    });
  });

  it('keeps to one connection, whenever the broker goes away', async () => {
    const seen: string[] = [];
    await startTransport((message, ack) => {
      seen.push(message.payload.toString());
      ack();
    });
    for (let times = 0; times < 6; times++) {
      await broker.kill();
      await broker.start();
    }
    const client = await connectDevice();
    await assertEventually(async () => {
      await client.publishAsync(up(device), 'after', { qos: 1 });
      expect(seen).toContain('after');
    });
    // Two connections under one client id would take the session from each other for ever.
    expect(broker.log()).not.toMatch(/worker-\d+ already connected/);
  });

  it('cuts a session by taking it over', async () => {
    const transport = await startTransport((_message, ack) => ack());
    const client = await connectDevice();
    const cut = new Promise<void>((resolve) => client.once('close', () => resolve()));
    await transport.kick(device);
    await cut;
  });

  it('two workers share the uplinks, each message going to one of them', async () => {
    const counts = [0, 0];
    await Promise.all(
      [0, 1].map((worker) =>
        startTransport((_message, ack) => {
          counts[worker]!++;
          ack();
        }),
      ),
    );
    const client = await connectDevice();
    await Promise.all(Array.from({ length: 200 }, (_, n) => client.publishAsync(up(device), String(n), { qos: 1 })));
    await assertEventually(() => expect(counts[0]! + counts[1]!).toBe(200));
    expect(Math.min(...counts)).toBeGreaterThan(20);
  });

  it('leaves what a worker that stopped reading holds with the broker, and hands it over when it goes on', async () => {
    const seen: [Set<string>, Set<string>] = [new Set(), new Set()];
    const [tired] = await Promise.all(
      seen.map((own) =>
        startTransport((message, ack) => {
          own.add(message.payload.toString());
          ack();
        }),
      ),
    );
    tired!.pause();
    const client = await connectDevice();
    const all = Array.from({ length: 200 }, (_, n) => String(n));
    await Promise.all(all.map((n) => client.publishAsync(up(device), n, { qos: 1 })));
    await assertEventually(() => expect(seen[1].size).toBeGreaterThan(20));
    expect(seen[0].size).toBe(0);
    tired!.resume();
    await assertEventually(() => expect(new Set([...seen[0], ...seen[1]])).toEqual(new Set(all)));
  });

  it('gives everything to the worker that is left when the other one ends', async () => {
    const seen: string[] = [];
    const leaving = await startTransport((_message, ack) => ack());
    await startTransport((message, ack) => {
      seen.push(message.payload.toString());
      ack();
    });
    await leaving.close();
    const client = await connectDevice();
    const all = Array.from({ length: 50 }, (_, n) => String(n));
    await Promise.all(all.map((n) => client.publishAsync(up(device), n, { qos: 1 })));
    await assertEventually(() => expect(seen.toSorted()).toEqual(all.toSorted()));
  });
});
