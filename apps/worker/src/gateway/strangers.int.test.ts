/** Rows 34 to 36, 56, 61, 64 and 66 of the attack list, on both brokers. */
import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Authority } from '@muster/pki/authority/authority';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueAnchor } from '@muster/pki/authority/issue-cross';
import { issueDeviceLeaf, issueOcspLeaf, issueServerLeaf, issueServiceLeaf } from '@muster/pki/authority/issue-leaf';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { freePort } from '@muster/runtime/embedded/free-port';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { startMosquitto } from '@muster/testkit/mosquitto';
import mqttPacket, { generate, type Packet } from 'mqtt-packet';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedTransport } from './embedded/embedded.transport.js';

const now = new Date();
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const uri = 'http://crl.test/1.crl';
const pemOf = (key: Awaited<ReturnType<typeof generatePrivateKey>>) =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string;
const signer = async () => keySigner(await generatePrivateKey('ES256'));

interface Identity {
  readonly key: string;
  readonly cert: string;
}
interface Known extends Identity {
  readonly deviceId: string;
  readonly fingerprint: string;
  readonly serial: string;
}
interface Broker {
  readonly port: number;
  /** Makes a device known, or revokes it, as the control plane does. */
  know(device: Known): void;
  revoke(device: Known): Promise<void>;
  close(): Promise<void>;
}

let home: string;
let root: Authority;
let devices: Authority;
let services: Authority;
let servers: Authority;
let server: Identity;
/** What the embedded broker handed over. */
let uplinks = 0;

const issuing = async (under: Authority, kind: 'device' | 'server' | 'service') =>
  issueAuthority(under, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
const newDevice = async (issuer = devices, deviceId = uuidv7()): Promise<Known> => {
  const key = await generatePrivateKey('ES256');
  const claim = { domain: 'test', tenant: 'main', deviceId, publicKey: createPublicKey(key), crlUri: uri };
  const { pem, fingerprint, serial } = await issueDeviceLeaf(issuer, claim, { now });
  return { deviceId, key: pemOf(key), cert: pem + issuer.pem, fingerprint, serial };
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-strangers-'));
  root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  [devices, servers, services] = [
    await issuing(root, 'device'),
    await issuing(root, 'server'),
    await issuing(root, 'service'),
  ];
  const key = await generatePrivateKey('ES256');
  const leaf = await issueServerLeaf(servers, { hosts: ['localhost'], publicKey: createPublicKey(key) }, { now });
  server = { key: pemOf(key), cert: leaf.pem + servers.pem };
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const openEmbedded = async (): Promise<Broker> => {
  const known = new Map<string, Known>();
  const authority = {
    authorise: async (fingerprint: string) => {
      const device = known.get(fingerprint);
      if (device === undefined) return { refused: 'certificate_unknown' as const };
      return { tenant: 'main', deviceId: device.deviceId, fingerprint, notAfter: new Date(Date.now() + 3_600_000) };
    },
  };
  const tls = { ...server, ca: root.pem + devices.pem + services.pem };
  const broker = new EmbeddedTransport({ port: 0, bind: '127.0.0.1', ...tls }, authority, clock, () => {});
  await broker.start({
    onMessage: (_, ack) => {
      uplinks++;
      ack();
    },
    onRefused: (_, ack) => ack(),
  });
  return {
    port: broker.port,
    know: (device) => void known.set(device.fingerprint, device),
    revoke: async (device) => {
      known.delete(device.fingerprint);
      await broker.kick(device.deviceId, device.fingerprint);
    },
    close: () => broker.close(),
  };
};

const openMosquitto = async (): Promise<Broker> => {
  const tls = join(home, 'tls');
  mkdirSync(tls);
  const serials: string[] = [];
  let number = 0;
  const publish = async () => {
    const list = (issuer: Authority) =>
      writeCrl(issuer, {
        number: ++number,
        thisUpdate: new Date(now.getTime() - 300_000),
        nextUpdate: new Date(now.getTime() + 86_400_000),
        uri,
        revoked: serials.map((serial) => ({ serial, at: now, reason: 'keyCompromise' as const })),
      });
    const lists = await Promise.all([list(devices), list(services)]);
    writeFileSync(join(tls, 'broker.crl'), lists.map(({ pem }) => pem).join(''));
  };
  writeFileSync(join(tls, 'broker.key'), server.key);
  writeFileSync(join(tls, 'broker.crt'), server.cert);
  writeFileSync(join(tls, 'broker-trust.pem'), root.pem + devices.pem + services.pem);
  writeFileSync(join(tls, 'service-trust.pem'), await issueAnchor(services, now));
  await publish();
  const broker = await startMosquitto({ home, tls, port: await freePort(), servicePort: await freePort() });
  return {
    port: broker.port,
    know: () => {},
    revoke: async (device) => {
      serials.push(device.serial);
      await publish();
    },
    close: () => broker.stop(),
  };
};

/** One connection: what the broker sent and whether it is closed. */
const dial = async (port: number, identity: Partial<Identity>, clientId: string, more: ConnectionOptions = {}) => {
  const socket: TLSSocket = connectTls({ host: 'localhost', port, ca: root.pem, ...identity, ...more });
  const heard: Packet[] = [];
  const state = { closed: false, ticket: undefined as Buffer | undefined };
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', (packet) => void heard.push(packet));
  socket
    .on('error', () => {})
    .on('session', (bytes) => {
      state.ticket = bytes;
    });
  socket.once('secureConnect', () => {
    const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 } as const;
    socket.write(generate({ ...connect, clientId }));
  });
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      parser.parse(chunk);
      resolve();
    });
    socket.once('close', () => {
      state.closed = true;
      resolve();
    });
  });
  const [connack] = heard;
  return { socket, heard, state, isIn: connack?.cmd === 'connack' && connack.returnCode === 0 };
};

describe.each([
  ['embedded', openEmbedded],
  ['mosquitto', openMosquitto],
] as const)('on the %s broker', (name, open) => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await open();
  });
  afterAll(() => broker?.close());

  const isLetIn = async (identity: Partial<Identity>, clientId: string, more?: ConnectionOptions) => {
    const { socket, isIn } = await dial(broker.port, identity, clientId, more);
    socket.destroy();
    return isIn;
  };

  it('nobody but a device of ours gets in', async () => {
    const device = await newDevice();
    broker.know(device);
    const { deviceId } = device;
    expect(await isLetIn(device, deviceId)).toBe(true);
    const otherRoot = await issueRoot({ organization: 'Test', signer: await signer(), now });
    const fake = await newDevice(await issuing(otherRoot, 'device'), deviceId);
    const asAuthority = { ...devices, pem: device.cert, name: devices.name };
    const key = await generatePrivateKey('ES256');
    const child = await newDevice({ ...asAuthority, signer: keySigner(key) }, deviceId);
    const responderKey = await generatePrivateKey('ES256');
    const responder = await issueOcspLeaf(
      devices,
      { name: deviceId, publicKey: createPublicKey(responderKey) },
      { now },
    );
    const serviceKey = await generatePrivateKey('ES256');
    const strangers: Record<string, Partial<Identity>> = {
      'no certificate': {},
      'an authority of our name': fake,
      'a child of a device': child,
      'a server': server,
      'an OCSP responder': { key: pemOf(responderKey), cert: responder.pem + devices.pem },
    };
    for (const [who, identity] of Object.entries(strangers))
      expect([who, await isLetIn(identity, deviceId)]).toEqual([who, false]);
    // Where lists judge, our own service may come in; it is nobody's device, and the broker calls it by its own name.
    const claim = { domain: 'test', name: 'muster-worker', publicKey: createPublicKey(serviceKey) };
    const service = await issueServiceLeaf(services, claim, { now });
    const asService = { key: pemOf(serviceKey), cert: service.pem + services.pem };
    if (name === 'embedded') expect(await isLetIn(asService, deviceId)).toBe(false);
  });

  it('old protocols and weak ciphers are not spoken', async () => {
    const device = await newDevice();
    broker.know(device);
    for (const maxVersion of ['TLSv1', 'TLSv1.1'] as const)
      expect(await isLetIn(device, device.deviceId, { minVersion: 'TLSv1', maxVersion })).toBe(false);
    const only = async (ciphers: string) => {
      const one = await newDevice();
      broker.know(one);
      return isLetIn(one, one.deviceId, { maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` });
    };
    for (const weak of ['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-NULL-SHA'])
      expect([weak, await only(weak)]).toEqual([weak, false]);
    for (const good of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-CCM'])
      expect([good, await only(good)]).toEqual([good, true]);
    expect(await isLetIn(device, device.deviceId, { maxVersion: 'TLSv1.2' })).toBe(true);
  });

  it('a victim keeps its session whoever asks for its client id', async () => {
    const [victim, thief] = [await newDevice(), await newDevice()];
    for (const device of [victim, thief]) broker.know(device);
    const standing = await dial(broker.port, victim, victim.deviceId);
    const other = await dial(broker.port, thief, victim.deviceId);
    standing.socket.write(generate({ cmd: 'pingreq' }));
    await assertEventually(() => expect(standing.heard.map(({ cmd }) => cmd)).toContain('pingresp'));
    for (const { socket } of [standing, other]) socket.destroy();
  });

  it('a revoked device resumes no TLS session of before', async () => {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const device = await newDevice();
      broker.know(device);
      const first = await dial(broker.port, device, device.deviceId, { maxVersion });
      expect(first.isIn).toBe(true);
      const session = first.state.ticket ?? first.socket.getSession();
      first.socket.destroy();
      await broker.revoke(device);
      await assertEventually(async () => expect(await isLetIn(device, device.deviceId, { maxVersion })).toBe(false));
      const resumed = { maxVersion, ...(session === undefined ? {} : { session }) };
      expect(await isLetIn(device, device.deviceId, resumed)).toBe(false);
    }
  });

  it('topics that no device has end the session or go nowhere, and the broker lives', async () => {
    const device = await newDevice();
    broker.know(device);
    const own = `muster/v1/main/${device.deviceId}`;
    const publish = (topic: Buffer) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(topic.length);
      const body = Buffer.concat([length, topic, Buffer.from('x')]);
      const size: number[] = [];
      for (let rest = body.length; ; rest = Math.floor(rest / 128)) {
        size.push(rest >= 128 ? (rest % 128) | 0x80 : rest);
        if (rest < 128) return Buffer.concat([Buffer.from([0x30, ...size]), body]);
      }
    };
    const topics = [
      Buffer.from(`${own}/up/telemetry/${'a/'.repeat(1_000)}`),
      Buffer.alloc(65_535, 'a'),
      Buffer.concat([Buffer.from(`${own}/up/`), Buffer.from([0xff, 0xfe])]),
      Buffer.from(`${own}/up/tele\0metry`),
    ];
    const ended: boolean[] = [];
    for (const topic of topics) {
      const { socket, heard, state } = await dial(broker.port, device, device.deviceId);
      socket.write(Buffer.concat([publish(topic), generate({ cmd: 'pingreq' })]));
      await assertEventually(() => expect(state.closed || heard.some(({ cmd }) => cmd === 'pingresp')).toBe(true));
      ended.push(state.closed);
      socket.destroy();
    }
    // A long name that is nobody's is well formed: Mosquitto drops the message and goes on.
    expect(ended).toEqual([true, name === 'embedded', true, true]);
    expect(uplinks).toBe(0);
    expect(await isLetIn(device, device.deviceId)).toBe(true);
  });
});
