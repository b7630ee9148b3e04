import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority } from '@muster/pki/authority/authority';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueAnchor } from '@muster/pki/authority/issue-cross';
import { issueDeviceLeaf, issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { freePort } from '@muster/runtime/embedded/free-port';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type Mosquitto, startMosquitto } from '@muster/testkit/mosquitto';
import mqtt from 'mqtt';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const now = new Date();
const uri = 'http://crl.test/1.crl';
const domain = 'test';
let home: string;
let tls: string;
let root: Authority;
let services: Authority;
let broker: Mosquitto;

const signer = async () => keySigner(await generatePrivateKey('ES256'));
const issuing = async (kind: 'device' | 'server' | 'service', generation = 1) =>
  issueAuthority(root, { organization: 'Test', kind, generation, signer: await signer(), now });
const pem = (key: Awaited<ReturnType<typeof generatePrivateKey>>) =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string;
const write = (name: string, content: string) => writeFileSync(join(tls, name), content);

/** A tenant as the broker sees it: an authority and the list of what it revoked. */
async function newTenant() {
  const authority = await issuing('device');
  const revoked: { serial: string; at: Date; reason: 'keyCompromise' }[] = [];
  let number = 0;
  return {
    authority,
    revoke: (serial: string) => revoked.push({ serial, at: now, reason: 'keyCompromise' }),
    crl: async () => {
      const thisUpdate = new Date(now.getTime() - 300_000);
      const nextUpdate = new Date(now.getTime() + 86_400_000);
      return (await writeCrl(authority, { number: ++number, thisUpdate, nextUpdate, uri, revoked })).pem;
    },
    device: async () => {
      const key = await generatePrivateKey('ES256');
      const deviceId = uuidv7();
      const claim = { domain, tenant: 'main', deviceId, publicKey: createPublicKey(key), crlUri: uri };
      const leaf = await issueDeviceLeaf(authority, claim, { now });
      return { deviceId, key: pem(key), cert: leaf.pem + authority.pem, serial: leaf.serial };
    },
  };
}
type Tenant = Awaited<ReturnType<typeof newTenant>>;
type Device = Awaited<ReturnType<Tenant['device']>>;

let first: Tenant;
const publish = async (...tenants: Tenant[]) => {
  const lists = await Promise.all(tenants.map((tenant) => tenant.crl()));
  write('broker-trust.pem', root.pem + services.pem + tenants.map(({ authority }) => authority.pem).join(''));
  write('service-trust.pem', await issueAnchor(services, now));
  write('broker.crl', lists.join(''));
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-revocation-'));
  tls = join(home, 'tls');
  mkdirSync(tls);
  root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  services = await issuing('service');
  await renewBroker();
  first = await newTenant();
  await publish(first);
  broker = await startMosquitto({ home, tls, port: await freePort(), servicePort: await freePort() });
});
afterAll(async () => {
  await broker?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function renewBroker() {
  const servers = await issuing('server');
  const key = await generatePrivateKey('ES256');
  const leaf = await issueServerLeaf(servers, { hosts: ['localhost'], publicKey: createPublicKey(key) }, { now });
  write('broker.key', pem(key));
  write('broker.crt', leaf.pem + servers.pem);
  return new X509Certificate(leaf.pem).serialNumber;
}

/** Whether the device gets in now, and the serial of the certificate the broker showed. */
async function connects({ deviceId, key, cert }: Device): Promise<string | false> {
  const options = { key, cert, ca: root.pem, clientId: deviceId, reconnectPeriod: 0 };
  const client = mqtt.connect(`mqtts://localhost:${broker.port}`, options);
  try {
    return await new Promise((resolve) => {
      client.once('connect', () => {
        const socket = client.stream as unknown as { getPeerCertificate(): { serialNumber: string } };
        resolve(socket.getPeerCertificate().serialNumber);
      });
      client.once('error', () => resolve(false));
      client.once('close', () => resolve(false));
    });
  } finally {
    await client.endAsync(true);
  }
}

describe('Mosquitto behind the shipped entry point', () => {
  it('refuses a revoked device within a second, and the next one of the same second too', async () => {
    const [one, two, good] = [await first.device(), await first.device(), await first.device()];
    for (const device of [one, two, good]) expect(await connects(device)).toBeTruthy();
    const { pid } = broker;
    for (const device of [one, two]) {
      first.revoke(device.serial);
      await publish(first);
      await assertEventually(async () => expect(await connects(device)).toBe(false), { within: 1_200, every: 20 });
    }
    expect(await connects(good)).toBeTruthy();
    expect(broker.pid).toBe(pid);
  });

  it('lets the devices of a new tenant in, and shows a renewed certificate, without a restart', async () => {
    const second = await newTenant();
    const [old, fresh] = [await first.device(), await second.device()];
    expect(await connects(fresh)).toBe(false);
    await publish(first, second);
    await assertEventually(async () => expect(await connects(fresh)).toBeTruthy());
    const serial = await renewBroker();
    await assertEventually(async () => expect(await connects(old)).toBe(serial));
  });
});
