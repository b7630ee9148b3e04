import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { topicFor } from '@muster/contracts/mqtt/topics';
import { MAX_PACKET_BYTES } from '@muster/contracts/mqtt/uplink';
import type { UplinkMessage } from '@muster/ingest/uplink';
import type { Authority } from '@muster/pki/authority/authority';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueDeviceLeaf, issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { assertEventually } from '@muster/testkit/assert-eventually';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Acknowledge } from '../uplink.port.js';
import { EmbeddedTransport } from './embedded.transport.js';
import type { ConnectAuthority } from './sessions.js';

const one = '01970000-0000-7000-8000-000000000001';
const two = '01970000-0000-7000-8000-000000000002';
const up = (device: string, tenant = 'main') =>
  topicFor({ tenant, device, direction: 'up', channel: 'telemetry', place: null });
const down = (device: string) =>
  topicFor({ tenant: 'main', device, direction: 'down', channel: 'command', place: null });
const clock = { now: () => new Date(), monotonic: () => performance.now() };

let root: Authority;
let devices: Authority;
let server: { key: string; cert: string };
const clients: MqttClient[] = [];
const granted = new Map<string, { deviceId: string; notAfter: Date }>();
const authority: ConnectAuthority = {
  authorise: async (fingerprint) => {
    const grant = granted.get(fingerprint);
    return grant ? { tenant: 'main', fingerprint, ...grant } : { refused: 'certificate_unknown' };
  },
};
const refusals: string[] = [];
let onMessage: (message: UplinkMessage, ack: Acknowledge) => void;
let broker: EmbeddedTransport;

const pem = (key: Awaited<ReturnType<typeof generatePrivateKey>>) =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string;

beforeAll(async () => {
  const now = new Date();
  const signer = async () => keySigner(await generatePrivateKey('ES256'));
  root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  const issuing = async (kind: 'device' | 'server') =>
    issueAuthority(root, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
  devices = await issuing('device');
  const servers = await issuing('server');
  const key = await generatePrivateKey('ES256');
  const leaf = await issueServerLeaf(servers, { hosts: ['localhost'], publicKey: createPublicKey(key) }, { now });
  server = { key: pem(key), cert: leaf.pem + servers.pem };
  broker = new EmbeddedTransport(
    { port: 0, bind: '127.0.0.1', ...server, ca: root.pem + devices.pem },
    authority,
    clock,
    (code) => refusals.push(code),
  );
  await broker.start({
    onMessage: (message, ack) => onMessage(message, ack),
    onRefused: (_message, ack) => ack(),
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.endAsync(true);
  refusals.length = 0;
});
afterAll(() => broker.close());

async function certificate(deviceId: string, life = 60_000, known = true, issuedAt = new Date()) {
  const key = await generatePrivateKey('ES256');
  const leaf = await issueDeviceLeaf(
    devices,
    { domain: 'test', tenant: 'main', deviceId, publicKey: createPublicKey(key), crlUri: 'http://crl.test/1.crl' },
    { now: issuedAt },
  );
  if (known) granted.set(leaf.fingerprint, { deviceId, notAfter: new Date(Date.now() + life) });
  return { key: pem(key), cert: leaf.pem + devices.pem };
}

async function connect(options: IClientOptions): Promise<MqttClient> {
  const client = mqtt.connect(`mqtts://localhost:${broker.port}`, { ca: root.pem, reconnectPeriod: 0, ...options });
  clients.push(client);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error('closed')));
  });
  client.on('error', () => {});
  return client;
}

describe('EmbeddedTransport', () => {
  it('gives the PUBACK only after the message is committed', async () => {
    const client = await connect({ clientId: one, ...(await certificate(one)) });
    let commit: Acknowledge = () => {};
    onMessage = (_message, ack) => {
      commit = ack;
    };
    let acknowledged = false;
    const publishing = client.publishAsync(up(one), 'reading', { qos: 1 }).then(() => {
      acknowledged = true;
    });
    await assertEventually(() => expect(commit).not.toBe(undefined));
    // A round trip on the same connection: had there been a PUBACK, it would have come first.
    await client.subscribeAsync(down(one)).catch(() => {});
    expect(acknowledged).toBe(false);
    commit();
    await publishing;
  });

  it('takes identity from the certificate: another client id, an unknown and a missing certificate are refused', async () => {
    const known = await certificate(one);
    await expect(connect({ clientId: two, ...known })).rejects.toThrow(/Not authorized/);
    await expect(connect({ clientId: one, ...(await certificate(one, 60_000, false)) })).rejects.toThrow(
      /Not authorized/,
    );
    await expect(connect({ clientId: one })).rejects.toThrow();
    await assertEventually(() =>
      expect(refusals).toEqual(expect.arrayContaining(['identity_mismatch', 'certificate_unknown'])),
    );
  });

  it('tells who came without a certificate from who went away during the handshake', async () => {
    const gone = connectTcp(broker.port, '127.0.0.1');
    await once(gone, 'connect');
    gone.write(Buffer.from([0x16, 0x03, 0x01]));
    gone.resetAndDestroy();
    await once(gone, 'close');
    await expect(connect({ clientId: one })).rejects.toThrow();
    await assertEventually(() => expect(refusals).toEqual(['certificate_unknown']));
  });

  it('refuses an expired certificate before anything is asked, and says which it was', async () => {
    const longAgo = new Date(Date.now() - 100 * 86_400_000);
    await expect(connect({ clientId: one, ...(await certificate(one, 60_000, true, longAgo)) })).rejects.toThrow();
    await assertEventually(() => expect(refusals).toEqual(['certificate_expired']));
  });

  it('refuses a Will in the name of another device when it is due', async () => {
    const heard: string[] = [];
    onMessage = (message, ack) => {
      heard.push(message.deviceId);
      ack();
    };
    const will = { topic: up(two), payload: Buffer.from('forged'), qos: 1, retain: false } as const;
    const client = await connect({ clientId: one, ...(await certificate(one)), will });
    client.stream.destroy();
    await assertEventually(() => expect(refusals).toEqual(['topic_forbidden']));
    expect(heard).toEqual([]);
  });

  it('closes on a publish in the name of another device or tenant, and nobody hears it', async () => {
    const heard: string[] = [];
    onMessage = (message, ack) => {
      heard.push(message.deviceId);
      ack();
    };
    for (const topic of [up(two), up(one, 'other'), down(one), 'muster/v1/#'.replace('#', 'x')]) {
      const client = await connect({ clientId: one, ...(await certificate(one)) });
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      client.publish(topic, 'forged', { qos: 1 });
      await closed;
    }
    expect(heard).toEqual([]);
    expect(refusals).toContain('topic_forbidden');
  });

  it('refuses to subscribe a device to anything but its own downlinks', async () => {
    const client = await connect({ clientId: one, ...(await certificate(one)) });
    const own = (end: string) => down(one).replace(/command$/, end);
    // Of its own there are few, so that nobody fills the broker with ten thousand.
    for (const filter of [
      '#',
      'muster/v1/+/+/down/#',
      down(two),
      up(one),
      '$SYS/#',
      ...['twin/1', 'x', '+/x', ''].map(own),
    ])
      await expect(client.subscribeAsync(filter, { qos: 1 }), filter).rejects.toThrow();
    await client.subscribeAsync([own('twin'), down(one)], { qos: 1 });
    const heard = new Promise<string>((resolve) =>
      client.once('message', (_topic, payload) => resolve(payload.toString())),
    );
    await broker.publish(down(one), Buffer.from('order'), 1);
    expect(await heard).toBe('order');
  });

  it('ends the session of who announces a packet too large to collect, and counts it', async () => {
    const client = await connect({ clientId: one, ...(await certificate(one)) });
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.publish(up(one), Buffer.alloc(MAX_PACKET_BYTES + 1), { qos: 1 });
    await closed;
    expect(refusals).toEqual(['payload_too_large']);
  });

  it('holds messages while paused and delivers them on resume', async () => {
    const client = await connect({ clientId: one, ...(await certificate(one)) });
    const heard: string[] = [];
    onMessage = (message, ack) => {
      heard.push(message.payload.toString());
      ack();
    };
    broker.pause();
    const publishing = client.publishAsync(up(one), 'later', { qos: 1 });
    const other = await connect({ clientId: two, ...(await certificate(two)) });
    expect(other.connected).toBe(true);
    expect(heard).toEqual([]);
    broker.resume();
    await publishing;
    expect(heard).toEqual(['later']);
  });

  it('ends a session by kick and at the end of its certificate', async () => {
    const kicked = await connect({ clientId: one, ...(await certificate(one)) });
    const gone = new Promise<void>((resolve) => kicked.once('close', () => resolve()));
    expect(await broker.kick(one)).toBe(true);
    await gone;
    expect(await broker.kick(one)).toBe(false);
    const short = await connect({ clientId: two, ...(await certificate(two, 300)) });
    await new Promise<void>((resolve) => short.once('close', () => resolve()));
  });
});
