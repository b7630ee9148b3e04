import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { generateDeviceKey } from '@muster/pki/client/device-key';
import { signUplink } from '@muster/pki/signing/uplink';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { decode } from 'cbor-x';
import coap, { type IncomingMessage } from 'coap';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoapDoor } from './coap-door.js';
import { type DoorDevice, type Doors, openDoors, telemetryOf } from './doors.harness.js';

let doors: Doors;
let port: number;
const agent = new coap.Agent({ type: 'udp4' });

const portOf = (at: Doors): number => at.door.app.get(CoapDoor).port!;
beforeAll(async () => {
  doors = await openDoors({}, { coapPort: 0, coapBind: '127.0.0.1' });
  port = portOf(doors);
});
afterAll(async () => {
  agent.close();
  await doors?.close();
});

const signed = ({ as }: DoorDevice, body: object | Buffer, about: { channel?: string; place?: string } = {}) => {
  const payload = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return signUplink(createPrivateKey(as.key), new X509Certificate(as.cert), payload, about);
};
interface Options {
  readonly path?: string;
  readonly accept?: number;
  readonly method?: 'POST' | 'GET';
  readonly to?: number;
}
/** Through the client of another implementation. Long bodies go in blocks of 1,024 bytes. */
const send = (payload: string | Buffer, { path = '/t', accept, method = 'POST', to = port }: Options = {}) =>
  new Promise<{ code: string; body: Buffer; maxAge: unknown }>((resolve, reject) => {
    const request = coap.request({ hostname: '127.0.0.1', port: to, pathname: path, method, confirmable: true, agent });
    if (accept !== undefined) request.setOption('Accept', Buffer.of(accept));
    if (payload.length > 1_024) request.setOption('Block1', Buffer.of(6));
    request.once('response', (answer: IncomingMessage) =>
      resolve({ code: answer.code, body: answer.payload, maxAge: answer.headers['Max-Age'] }),
    );
    request.once('error', reject);
    request.end(Buffer.from(payload));
  });
const problem = async (answer: ReturnType<typeof send>) => {
  const { code, body } = await answer;
  return [code, body.length === 0 ? null : JSON.parse(body.toString()).code];
};
const seqNos = async (deviceId: string) => (await doors.stored(deviceId)).map(({ seqNo }) => seqNo);

describe('a signed uplink over CoAP', () => {
  it('is stored and acknowledged in its answer, as JSON or CBOR, and again when it comes again', async () => {
    const device = await doors.enrol();
    const uplink = signed(device, telemetryOf(device.deviceId, 7), { place: 'site/meter' });
    const ack = { v: 1, stream: 'telemetry', epoch: 2, ranges: [[7, 7]], refused: [] };
    const first = await send(uplink);
    expect([first.code, JSON.parse(first.body.toString())]).toEqual(['2.04', ack]);
    const second = await send(uplink, { accept: 60 });
    expect([second.code, decode(second.body)]).toEqual(['2.04', ack]);
    expect(await doors.stored(device.deviceId)).toMatchObject([{ seqNo: 7, place: 'site/meter' }]);
  });

  it('may be a heartbeat, packed, in many blocks, and under its topic', async () => {
    const device = await doors.enrol();
    const beat = { ...telemetryOf(device.deviceId, 1), readings: undefined, reason: 'periodic' };
    expect((await send(signed(device, beat, { channel: 'heartbeat' }))).code).toBe('2.04');
    const long = telemetryOf(device.deviceId, 2, { extra: { note: 'x'.repeat(60_000) } });
    expect((await send(signed(device, long))).code).toBe('2.04');
    expect((await send(signed(device, gzipSync(JSON.stringify(telemetryOf(device.deviceId, 3)))))).code).toBe('2.04');
    const topic = `/muster/v1/acme/${device.deviceId}/up/telemetry/meter`;
    const about = { place: 'meter' };
    expect((await send(signed(device, telemetryOf(device.deviceId, 4), about), { path: topic })).code).toBe('2.04');
    const rows = await doors.stored(device.deviceId);
    expect(rows.map(({ seqNo, kind, place }) => [seqNo, kind, place])).toEqual([
      [1, 1, null],
      [2, 2, null],
      [3, 2, null],
      [4, 2, 'meter'],
    ]);
  });

  it('that is refused is a dead letter, and the device is told so', async () => {
    const [device, other] = [await doors.enrol(), await doors.enrol()];
    const foreign = await send(signed(device, telemetryOf(other.deviceId, 5)));
    expect(foreign.code).toBe('2.04');
    expect(JSON.parse(foreign.body.toString())).toMatchObject({
      ranges: [[5, 5]],
      refused: [[5, 'identity_mismatch']],
    });
    expect(await problem(send(signed(device, Buffer.from('{nope'))))).toEqual(['4.00', 'payload_malformed']);
    expect((await doors.dead(device.deviceId)).map(({ reason }) => reason)).toEqual([
      'identity_mismatch',
      'payload_malformed',
    ]);
    expect(await seqNos(other.deviceId)).toEqual([]);
  });
});

describe('refused over CoAP', () => {
  it('what the key of a registered certificate did not sign', async () => {
    const [device, other] = [await doors.enrol(), await doors.enrol()];
    const uplink = signed(device, telemetryOf(device.deviceId, 1));
    const [head, , signature] = uplink.split('.');
    const swapped = Buffer.from(JSON.stringify(telemetryOf(device.deviceId, 2))).toString('base64url');
    const foreignHead = signed(other, telemetryOf(device.deviceId, 1)).split('.')[0];
    for (const forged of [
      'garbage',
      JSON.stringify(telemetryOf(device.deviceId, 1)),
      `${head}.${swapped}.${signature}`,
      `${foreignHead}.${uplink.split('.')[1]}.${signature}`,
    ])
      expect(await problem(send(forged))).toEqual(['4.01', 'unauthenticated']);
    const strangerKey = generateDeviceKey();
    expect(() => signUplink(strangerKey, new X509Certificate(device.as.cert), Buffer.from('{}'))).toThrow();
    expect(await seqNos(device.deviceId)).toEqual([]);
  });

  it('a revoked certificate, at once', async () => {
    const device = await doors.enrol();
    const uplink = signed(device, telemetryOf(device.deviceId, 1));
    await doors.revoke(device.deviceId);
    expect(await problem(send(uplink))).toEqual(['4.03', 'certificate_revoked']);
    expect(await seqNos(device.deviceId)).toEqual([]);
  });

  it('a path that says something else than the signature, or nothing we know', async () => {
    const device = await doors.enrol();
    const uplink = signed(device, telemetryOf(device.deviceId, 1), { place: 'a' });
    const topic = (tenant: string, place: string) => `/muster/v1/${tenant}/${device.deviceId}/up/telemetry/${place}`;
    expect(await problem(send(uplink, { path: topic('acme', 'b') }))).toEqual(['4.00', 'validation_failed']);
    expect(await problem(send(uplink, { path: topic('globex', 'a') }))).toEqual(['4.03', 'tenant_mismatch']);
    expect(await problem(send(uplink, { path: '/other' }))).toEqual(['4.04', 'not_found']);
    expect(await problem(send('', { method: 'GET' }))).toEqual(['4.05', 'method_not_allowed']);
    expect((await send(uplink, { accept: 41 })).code).toBe('4.06');
    expect(await seqNos(device.deviceId)).toEqual([]);
  });

  it('a body larger than an uplink may be, before it is all there', async () => {
    const device = await doors.enrol();
    const huge = telemetryOf(device.deviceId, 1, { extra: { note: 'x'.repeat(190_000) } });
    expect((await send(signed(device, huge))).code).toBe('4.13');
  });

  it('everything while the database is away, with a time to come again', async () => {
    const device = await doors.enrol();
    const uplink = signed(device, telemetryOf(device.deviceId, 1));
    const away = await doors.withoutDatabase(() => send(uplink));
    expect([away.code, JSON.parse(away.body.toString()).code, away.maxAge]).toEqual(['5.03', 'unavailable', 5]);
    expect((await send(uplink)).code).toBe('2.04');
    expect(await seqNos(device.deviceId)).toEqual([1]);
  });

  it('while more wait than may, answered or not', async () => {
    const small = await openDoors({ coapAnswerMs: 50, coapUnderWay: 2 }, { coapPort: 0, coapBind: '127.0.0.1' });
    const owner = new pg.Client({ connectionString: small.test.ownerUrl });
    try {
      const device = await small.enrol();
      await owner.connect();
      await owner.query('begin; lock table certificates in access exclusive mode');
      const to = portOf(small);
      const answers = [];
      for (const seqNo of [1, 2, 3])
        answers.push(await send(signed(device, telemetryOf(device.deviceId, seqNo)), { to }));
      const said = answers.map(({ code, body }) => [code, JSON.parse(body.toString()).detail]);
      const late = ['5.03', 'the commit takes too long; send it again'];
      expect(said).toEqual([late, late, ['5.03', 'too much waits for its commit']]);
      await owner.query('rollback');
      await assertEventually(async () =>
        expect((await small.stored(device.deviceId)).map(({ seqNo }) => seqNo)).toEqual([1, 2]),
      );
    } finally {
      await owner.end();
      await small.close();
    }
  });

  it('a device that floods', async () => {
    const small = await openDoors({}, { coapPort: 0, coapBind: '127.0.0.1', floodPerSecond: 0.1, floodBurst: 1 });
    try {
      const device = await small.enrol();
      const to = portOf(small);
      expect((await send(signed(device, telemetryOf(device.deviceId, 1)), { to })).code).toBe('2.04');
      const held = await send(signed(device, telemetryOf(device.deviceId, 2)), { to });
      expect([held.code, JSON.parse(held.body.toString()).code]).toEqual(['4.29', 'rate_limited']);
      expect(held.maxAge).toBeGreaterThanOrEqual(1);
      expect((await small.stored(device.deviceId)).map(({ seqNo }) => seqNo)).toEqual([1]);
    } finally {
      await small.close();
    }
  });
});

/** What a datagram is answered with, byte by byte. */
const exchange = async (datagram: Buffer): Promise<Buffer> => {
  const socket = createSocket('udp4');
  try {
    socket.send(datagram, port, '127.0.0.1');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    return answer;
  } finally {
    socket.close();
  }
};

describe('the protocol', () => {
  it('answers a ping and whatever is not confirmable with a reset, and a critical option it does not know with 4.02', async () => {
    expect((await exchange(Buffer.from('40001234', 'hex'))).toString('hex')).toBe('70001234');
    expect((await exchange(Buffer.from('50021235b174', 'hex'))).toString('hex')).toBe('70001235');
    // Option 9 (OSCORE) before Uri-Path: 4.02 is 0x82.
    expect((await exchange(Buffer.from('40021236902174', 'hex'))).subarray(0, 4).toString('hex')).toBe('60821236');
  });

  it('lets be whoever says port 0, to which nothing can be sent', async () => {
    const nowhere = { address: '127.0.0.1', family: 'IPv4', port: 0, size: 4 } as const;
    expect(() => doors.door.app.get(CoapDoor).hear(Buffer.from('40001234', 'hex'), nowhere)).not.toThrow();
  });

  it('is not upset by garbage: the next request is answered', async () => {
    const socket = createSocket('udp4');
    for (const bytes of ['', 'ff', '40', '4f021237', '40021238ff', '4002123900ff', '70001234', '60441234'])
      socket.send(Buffer.from(bytes, 'hex'), port, '127.0.0.1');
    const block = Buffer.from('4202123a6162b174d10e0effffffff', 'hex');
    for (let i = 0; i < 400; i++) socket.send(block, port, '127.0.0.1');
    socket.close();
    expect((await exchange(Buffer.from('40001234', 'hex'))).toString('hex')).toBe('70001234');
  });
});
