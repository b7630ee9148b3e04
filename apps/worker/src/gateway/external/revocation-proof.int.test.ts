import { createPublicKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { crlShard, WHOLE } from '@muster/domain/certificates/crl-shard';
import type { Authority } from '@muster/pki/authority/authority';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueAnchor } from '@muster/pki/authority/issue-cross';
import { issueDeviceLeaf, issueServerLeaf, issueServiceLeaf } from '@muster/pki/authority/issue-leaf';
import { randomSerial } from '@muster/pki/authority/sign-certificate';
import { writeCrl } from '@muster/pki/crl/write-crl';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { freePort } from '@muster/runtime/embedded/free-port';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type Mosquitto, startMosquitto } from '@muster/testkit/mosquitto';
import { generate } from 'mqtt-packet';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExternalTransport } from './external.transport.js';

const SHARDS = 2;
const now = new Date();
const clock = { now: () => new Date(), monotonic: () => performance.now() };
const quiet = { info: () => {}, warn: () => {} };
let home: string;
let tls: string;
let root: Authority;
let devices: Authority;
let broker: Mosquitto;
let transport: ExternalTransport;
let number = 0;
const revoked = new Map<number, string[]>();

const uriOf = (shard: number) => `http://crl.test/1${shard === WHOLE ? '' : `-${shard}`}.crl`;
const pemOf = (key: Awaited<ReturnType<typeof generatePrivateKey>>) =>
  key.export({ type: 'pkcs8', format: 'pem' }) as string;
const signer = async () => keySigner(await generatePrivateKey('ES256'));
const issuing = async (kind: 'device' | 'server' | 'service') =>
  issueAuthority(root, { organization: 'Test', kind, generation: 1, signer: await signer(), now });
const write = (name: string, content: string) => writeFileSync(join(tls, name), content);

/** Every list of the authority in one file, as the control plane writes it. */
async function publish() {
  const lists = [WHOLE, 0, 1].map((shard) =>
    writeCrl(devices, {
      number: ++number,
      thisUpdate: new Date(now.getTime() - 300_000),
      nextUpdate: new Date(now.getTime() + 86_400_000),
      uri: uriOf(shard),
      revoked: (revoked.get(shard) ?? []).map((serial) => ({ serial, at: now, reason: 'keyCompromise' as const })),
    }),
  );
  write('broker.crl', (await Promise.all(lists)).map(({ pem }) => pem).join(''));
}

/** A device whose certificate names this list; `WHOLE` is one from before there were shards. */
async function newDevice(shard: number) {
  let serial = randomSerial();
  while (shard !== WHOLE && crlShard(serial.toString('hex'), SHARDS) !== shard) serial = randomSerial();
  const key = await generatePrivateKey('ES256');
  const deviceId = uuidv7();
  const claim = {
    domain: 'test',
    tenant: 'main',
    deviceId,
    publicKey: createPublicKey(key),
    crlUri: uriOf(shard),
    serial,
  };
  const leaf = await issueDeviceLeaf(devices, claim, { now });
  return { deviceId, key: pemOf(key), cert: leaf.pem + devices.pem, serial: leaf.serial };
}
type Device = Awaited<ReturnType<typeof newDevice>>;
const revoke = ({ serial }: Device, shard: number) => {
  for (const list of new Set([WHOLE, shard])) revoked.set(list, [...(revoked.get(list) ?? []), serial]);
  return publish();
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-proof-'));
  tls = join(home, 'tls');
  mkdirSync(tls);
  root = await issueRoot({ organization: 'Test', signer: await signer(), now });
  devices = await issuing('device');
  const [servers, services] = [await issuing('server'), await issuing('service')];
  const [key, serviceKey] = [await generatePrivateKey('ES256'), await generatePrivateKey('ES256')];
  const leaf = await issueServerLeaf(servers, { hosts: ['localhost'], publicKey: createPublicKey(key) }, { now });
  const service = { domain: 'test', name: 'muster-worker', publicKey: createPublicKey(serviceKey) };
  const own = await issueServiceLeaf(services, service, { now });
  write('broker.key', pemOf(key));
  write('broker.crt', leaf.pem + servers.pem);
  write('broker-trust.pem', root.pem + services.pem + devices.pem);
  write('service-trust.pem', await issueAnchor(services, now));
  await publish();
  broker = await startMosquitto({ home, tls, port: await freePort(), servicePort: await freePort() });
  const url = `mqtts://localhost:${broker.servicePort}`;
  const identity = { key: pemOf(serviceKey), cert: own.pem + services.pem, ca: root.pem };
  transport = new ExternalTransport({ url, devicePort: broker.port, ...identity, clientId: 'worker' }, clock, quiet);
});
afterAll(async () => {
  await transport?.close();
  await broker?.stop();
  rmSync(home, { recursive: true, force: true });
});

interface Open {
  readonly socket: TLSSocket;
  /** What the broker sent, first bytes of its packets. */
  readonly heard: number[];
  readonly ticket: () => Buffer | undefined;
  readonly closed: () => boolean;
}

/** A socket as a device has it, after CONNECT; null when it was turned away. */
async function session({ deviceId, key, cert }: Device, resumed?: Buffer): Promise<Open | null> {
  const socket = connectTls({
    ...{ host: 'localhost', port: broker.port, key, cert, ca: root.pem },
    ...(resumed === undefined ? {} : { session: resumed }),
  });
  const heard: number[] = [];
  let ticket: Buffer | undefined;
  let closed = false;
  socket.on('session', (bytes) => {
    ticket = bytes;
  });
  socket.on('error', () => {});
  socket.once('secureConnect', () => {
    const connect = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: deviceId,
    } as const;
    socket.write(generate({ ...connect, keepalive: 60 }));
  });
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk[0]!);
      resolve();
    });
    socket.once('close', () => {
      closed = true;
      resolve();
    });
  });
  return heard.length > 0 ? { socket, heard, ticket: () => ticket, closed: () => closed } : null;
}
const getsIn = async (device: Device): Promise<boolean> => {
  const open = await session(device);
  open?.socket.destroy();
  return open !== null;
};

describe('a broker with several lists of one authority', () => {
  it('looks for each certificate into the list it names', async () => {
    const [early, left, right] = [await newDevice(WHOLE), await newDevice(0), await newDevice(1)];
    for (const device of [early, left, right]) expect(await getsIn(device)).toBe(true);
    await revoke(left, 0);
    await assertEventually(async () => expect(await getsIn(left)).toBe(false), { within: 2_000 });
    expect([await getsIn(early), await getsIn(right)]).toEqual([true, true]);
    await revoke(early, WHOLE);
    await assertEventually(async () => expect(await getsIn(early)).toBe(false), { within: 2_000 });
    expect(await getsIn(right)).toBe(true);
  });
});

describe('a knock with a certificate of the list', () => {
  it('is let in until the broker has read the list, and turned away as revoked from then on', async () => {
    const probe = await newDevice(1);
    expect(await transport.knock(probe)).toBe('let_in');
    await revoke(probe, 1);
    await assertEventually(async () => expect(await transport.knock(probe)).toBe('revoked'), { within: 2_000 });
  });

  it('proves nothing when it is turned away for something else', async () => {
    const stranger = await issueRoot({ organization: 'Stranger', signer: await signer(), now });
    const key = await generatePrivateKey('ES256');
    const claim = {
      domain: 'test',
      tenant: 'main',
      deviceId: uuidv7(),
      publicKey: createPublicKey(key),
      crlUri: uriOf(0),
    };
    const forged = await issueDeviceLeaf(stranger, claim, { now });
    expect(await transport.knock({ cert: forged.pem, key: pemOf(key) })).toHaveProperty('unclear');
    const ended = await issueDeviceLeaf(devices, claim, { now: new Date(now.getTime() - 86_400_000), life: 3_600_000 });
    expect(await transport.knock({ cert: ended.pem + devices.pem, key: pemOf(key) })).toHaveProperty('unclear');
  });
});

describe('a session with a certificate that is revoked', () => {
  it('goes on after the broker has read the list, and ends by takeover', async () => {
    const [device, probe] = [await newDevice(0), await newDevice(0)];
    const open = (await session(device))!;
    await revoke(device, 0);
    await revoke(probe, 0);
    await assertEventually(async () => expect(await transport.knock(probe)).toBe('revoked'), { within: 2_000 });
    // A list alone ends none: this is why there is a takeover.
    open.socket.write(generate({ cmd: 'pingreq' }));
    await assertEventually(() => expect(open.heard).toContain(0xd0));
    await transport.kick(device.deviceId);
    await assertEventually(() => expect(open.closed()).toBe(true));
  });

  it('is not resumed', async () => {
    const [device, probe] = [await newDevice(1), await newDevice(1)];
    const open = (await session(device))!;
    const ticket = open.ticket() ?? open.socket.getSession();
    expect(ticket).toBeDefined();
    open.socket.destroy();
    await revoke(device, 1);
    await revoke(probe, 1);
    await assertEventually(async () => expect(await transport.knock(probe)).toBe('revoked'), { within: 2_000 });
    expect(await session(device, ticket)).toBeNull();
  });
});
