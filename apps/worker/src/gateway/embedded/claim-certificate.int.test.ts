/** Row 31 of the attack list on the embedded broker. */
import { createPublicKey } from 'node:crypto';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueBootstrapLeaf, issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import mqtt from 'mqtt';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmbeddedTransport } from './embedded.transport.js';

const now = new Date();
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const signer = async () => keySigner(await generatePrivateKey('ES256'));
const pem = (key: Awaited<ReturnType<typeof generatePrivateKey>>) =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string;

let broker: EmbeddedTransport;
let presented: { key: string; cert: string; ca: string };
const batchId = uuidv7();

beforeAll(async () => {
  const root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  const issuing = async (kind: 'device' | 'server' | 'bootstrap') =>
    issueAuthority(root, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
  const [devices, servers, bootstrap] = [await issuing('device'), await issuing('server'), await issuing('bootstrap')];
  const key = await generatePrivateKey('ES256');
  const leaf = await issueServerLeaf(servers, { hosts: ['localhost'], publicKey: createPublicKey(key) }, { now });
  const claimKey = await generatePrivateKey('ES256');
  const claim = await issueBootstrapLeaf(
    bootstrap,
    { domain: 'test', tenant: 'main', batchId, publicKey: createPublicKey(claimKey), crlUri: 'http://crl.test/b.crl' },
    { now },
  );
  presented = { key: pem(claimKey), cert: claim.pem + bootstrap.pem, ca: root.pem };
  broker = new EmbeddedTransport(
    { port: 0, bind: '127.0.0.1', key: pem(key), cert: leaf.pem + servers.pem, ca: root.pem + devices.pem },
    // The registry of certificates knows no claim certificate: they are of batches, and no device has one.
    { authorise: () => Promise.resolve({ refused: 'certificate_unknown' }) },
    clock,
    () => {},
  );
  await broker.start({ onMessage: (_message, ack) => ack(), onRefused: (_message, ack) => ack() });
});
afterAll(() => broker?.close());

it('a claim certificate opens no session, under the name of its batch or any other', async () => {
  for (const clientId of [batchId, '01970000-0000-7000-8000-000000000001']) {
    const client = mqtt.connect(`mqtts://localhost:${broker.port}`, { ...presented, clientId, reconnectPeriod: 0 });
    const connected = await new Promise((resolve) => {
      client.once('connect', () => resolve(true));
      client.once('error', () => resolve(false));
      client.once('close', () => resolve(false));
    });
    client.on('error', () => {});
    await client.endAsync(true);
    expect(connected).toBe(false);
  }
});
