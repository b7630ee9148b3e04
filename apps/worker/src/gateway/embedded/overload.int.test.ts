import { createPublicKey } from 'node:crypto';
import { topicFor } from '@muster/contracts/mqtt/topics';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueDeviceLeaf, issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { assertEventually } from '@muster/testkit/assert-eventually';
import mqtt from 'mqtt';
import { describe, expect, it } from 'vitest';
import type { Acknowledge } from '../uplink.port.js';
import { EmbeddedTransport } from './embedded.transport.js';

const deviceId = '01970000-0000-7000-8000-000000000001';
const topic = topicFor({ tenant: 'main', device: deviceId, direction: 'up', channel: 'telemetry', place: null });
const clock = { now: () => new Date(), monotonic: () => performance.now() };
/** A socket is read in chunks of 16 KiB, of which many such messages fit; the buffers on the way hold some megabytes and MQTT has 65,535 packet ids. */
const MESSAGES = 60_000;
const payload = Buffer.alloc(200, 0x20);
const limits = { inFlight: 20, held: 30 };

const makeIdentities = async () => {
  const now = new Date();
  const signer = async () => keySigner(await generatePrivateKey('ES256'));
  const root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  const issuing = async (kind: 'device' | 'server') =>
    issueAuthority(root, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
  const [devices, servers] = [await issuing('device'), await issuing('server')];
  const [deviceKey, serverKey] = [await generatePrivateKey('ES256'), await generatePrivateKey('ES256')];
  const server = { hosts: ['localhost'] as const, publicKey: createPublicKey(serverKey) };
  const names = { domain: 'test', tenant: 'main', deviceId, crlUri: 'http://crl.test/1.crl' };
  const device = await issueDeviceLeaf(devices, { ...names, publicKey: createPublicKey(deviceKey) }, { now });
  const pem = (key: typeof deviceKey) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    ca: root.pem,
    trust: root.pem + devices.pem,
    server: { key: pem(serverKey), cert: (await issueServerLeaf(servers, server, { now })).pem + servers.pem },
    device: { key: pem(deviceKey), cert: device.pem + devices.pem },
  };
};

describe('a device that sends faster than is committed', () => {
  it('is not read beyond what may wait, and loses nothing when commits go on', async () => {
    const made = await makeIdentities();
    const grant = { tenant: 'main', fingerprint: '', deviceId, notAfter: new Date(Date.now() + 3_600_000) };
    const settings = { port: 0, bind: '127.0.0.1', ...made.server, ca: made.trust, limits };
    const broker = new EmbeddedTransport(settings, { authorise: async () => grant }, clock, () => {});
    const waiting: Acknowledge[] = [];
    let committing = false;
    let taken = 0;
    await broker.start({
      onMessage: (_message, ack) => {
        taken++;
        if (committing) ack();
        else waiting.push(ack);
      },
      onRefused: (_message, ack) => ack(),
    });
    const client = await mqtt.connectAsync(`mqtts://localhost:${broker.port}`, {
      ...{ ca: made.ca, ...made.device, clientId: deviceId, reconnectPeriod: 0, keepalive: 0 },
    });
    try {
      let acknowledged = 0;
      for (let i = 0; i < MESSAGES; i++)
        client.publish(topic, payload, { qos: 1 }, (fault) => !fault && acknowledged++);
      await assertEventually(async () => expect(await isStill(() => broker.heldBack)).toBe(true), { within: 60_000 });
      expect(taken).toBe(limits.inFlight);
      expect(broker.heldBack).toBeGreaterThanOrEqual(limits.held);
      // What was read already is taken apart to its end.
      expect(broker.heldBack).toBeLessThan(1_000);
      expect(client.stream.writableLength).toBeGreaterThan(5_000_000);
      committing = true;
      for (const ack of waiting.splice(0)) ack();
      await assertEventually(() => expect(acknowledged).toBe(MESSAGES), { within: 120_000 });
      expect(taken).toBe(MESSAGES);
      expect(broker.heldBack).toBe(0);
    } finally {
      await client.endAsync(true);
      await broker.close();
    }
  }, 240_000);
});

/** The same, and not nothing, over a hundred turns of the event loop in which sockets were looked at. */
const isStill = async (measure: () => number): Promise<boolean> => {
  const before = measure();
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  return before > 0 && measure() === before;
};
