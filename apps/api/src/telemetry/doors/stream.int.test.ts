import { gzipSync } from 'node:zlib';
import type { Ack } from '@muster/contracts/mqtt/downlink';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type DoorDevice, type Doors, openDoors, telemetryOf } from './doors.harness.js';

let doors: Doors;

beforeAll(async () => {
  doors = await openDoors({ streamUnderWay: 8 });
});
afterAll(async () => {
  await doors?.close();
});

interface Stream {
  readonly socket: WebSocket;
  readonly acks: Ack[];
  /** Code and reason of the end, once it came. */
  readonly ended: Promise<[number, string]>;
  send(body: object | Buffer): void;
}

/** Opens a session; rejects with the status when it is refused. */
const connect = (device: DoorDevice | null, at: Doors = doors, path = '/device/v1/stream', headers = {}) =>
  new Promise<Stream>((resolve, reject) => {
    const url = `wss://localhost:${at.door.port}${path}`;
    const socket = new WebSocket(url, { ca: at.door.tls.ca, headers, family: 4, ...device?.as });
    const acks: Ack[] = [];
    socket.on('message', (data: Buffer) => acks.push(JSON.parse(data.toString()) as Ack));
    const ended = new Promise<[number, string]>((done) => {
      socket.once('close', (code, reason) => done([code, reason.toString()]));
    });
    const send = (body: object | Buffer) => socket.send(Buffer.isBuffer(body) ? body : JSON.stringify(body));
    socket.once('open', () => resolve({ socket, acks, ended, send }));
    socket.once('unexpected-response', (_request, response) => reject(new Error(String(response.statusCode))));
    socket.once('error', reject);
  });
const acknowledged = (acks: readonly Ack[]) =>
  new Set(
    acks.flatMap(({ ranges }) =>
      ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n)),
    ),
  );
const seqNos = async (deviceId: string, at: Doors = doors) => (await at.stored(deviceId)).map(({ seqNo }) => seqNo);

describe('a session', () => {
  it('stores what it is sent, text and binary, and acknowledges it afterwards, gathered', async () => {
    const device = await doors.enrol();
    const { socket, acks, send } = await connect(device);
    const bodies = Array.from({ length: 200 }, (_, n) => telemetryOf(device.deviceId, n, { place: 'm-1' }));
    for (const [n, body] of bodies.entries()) send(n % 2 === 0 ? body : gzipSync(JSON.stringify(body)));
    await assertEventually(() => expect(acknowledged(acks).size).toBe(200));
    expect(await seqNos(device.deviceId)).toEqual(bodies.map(({ seqNo }) => seqNo));
    expect(acks.length).toBeLessThan(50);
    expect(acks[0]).toMatchObject({ v: 1, stream: 'telemetry', epoch: 2, refused: [] });
    socket.terminate();
  });

  it('says of a message with a place that is none that it was refused', async () => {
    const device = await doors.enrol();
    const { socket, acks, send } = await connect(device);
    send(telemetryOf(device.deviceId, 1, { place: 'no//place' }));
    await assertEventually(() => expect(acks).toMatchObject([{ ranges: [[1, 1]], refused: [[1, 'payload_invalid']] }]));
    socket.terminate();
  });

  it('takes heartbeats, says what was refused, and keeps garbage among the dead letters', async () => {
    const [device, other] = [await doors.enrol(), await doors.enrol()];
    const { socket, acks, send } = await connect(device);
    send({ ...telemetryOf(device.deviceId, 1), readings: undefined, channel: 'heartbeat', reason: 'connected' });
    send(telemetryOf(other.deviceId, 2));
    send(Buffer.from('{nope'));
    send(Buffer.from([0x1f, 0x8b, 0, 0]));
    await assertEventually(() => expect(acks).toHaveLength(2));
    expect(new Set(acks)).toEqual(
      new Set([
        { v: 1, stream: 'heartbeat', epoch: 2, ranges: [[1, 1]], refused: [] },
        { v: 1, stream: 'telemetry', epoch: 2, ranges: [[2, 2]], refused: [[2, 'identity_mismatch']] },
      ]),
    );
    await assertEventually(async () => {
      const reasons = (await doors.dead(device.deviceId)).map(({ reason }) => reason).sort();
      expect(reasons).toEqual(['identity_mismatch', 'payload_malformed', 'payload_malformed']);
    });
    expect(await seqNos(other.deviceId)).toEqual([]);
    socket.terminate();
  });

  it('is one a device: the newest', async () => {
    const device = await doors.enrol();
    const first = await connect(device);
    const second = await connect(device);
    expect(await first.ended).toEqual([4000, 'replaced by a newer session']);
    second.send(telemetryOf(device.deviceId, 1));
    await assertEventually(() => expect(acknowledged(second.acks).size).toBe(1));
    second.socket.terminate();
  });

  it('ends within two seconds of its certificate, and no other can be opened with it', async () => {
    const device = await doors.enrol();
    const { ended } = await connect(device);
    const began = performance.now();
    await doors.revoke(device.deviceId);
    expect(await ended).toEqual([1008, 'certificate_revoked']);
    expect(performance.now() - began).toBeLessThan(2_000);
    await expect(connect(device)).rejects.toThrow('403');
  });

  it('ends when a frame is larger than an uplink may be', async () => {
    const device = await doors.enrol();
    const { ended, send } = await connect(device);
    send(Buffer.alloc(128 * 1024 + 1, 0x20));
    expect((await ended)[0]).toBe(1009);
  });

  it('acknowledges nothing while the database is away, and everything once it is back', async () => {
    const device = await doors.enrol();
    const { acks, send, socket } = await connect(device);
    send(telemetryOf(device.deviceId, 0));
    await assertEventually(() => expect(acknowledged(acks).size).toBe(1));
    await doors.withoutDatabase(async () => {
      for (let n = 1; n <= 40; n++) send(telemetryOf(device.deviceId, n));
      const began = performance.now();
      await assertEventually(() => expect(performance.now() - began).toBeGreaterThan(600));
      expect(acknowledged(acks).size).toBe(1);
    });
    await assertEventually(() => expect(acknowledged(acks).size).toBe(41));
    expect(await seqNos(device.deviceId)).toHaveLength(41);
    socket.terminate();
  });
});

describe('a session is not opened', () => {
  it('without a certificate, with one that is out, from a web page, or anywhere else', async () => {
    const device = await doors.enrol();
    await expect(connect(null)).rejects.toThrow('401');
    await expect(connect(device, doors, '/device/v1/stream', { origin: 'https://evil.example' })).rejects.toThrow(
      '403',
    );
    await expect(connect(device, doors, '/device/v1/other')).rejects.toThrow('404');
    await doors.revoke(device.deviceId);
    await expect(connect(device)).rejects.toThrow('403');
  });
});

it('a server that goes down says first what it committed', async () => {
  const small = await openDoors({ streamAckMs: 60_000 });
  const device = await small.enrol();
  const { acks, ended, send } = await connect(device, small);
  send(telemetryOf(device.deviceId, 0));
  await assertEventually(() => expect(acknowledged(acks).size).toBe(1));
  // The next acknowledgement is due in a minute.
  for (let n = 1; n <= 20; n++) send(telemetryOf(device.deviceId, n));
  await assertEventually(async () => expect(await seqNos(device.deviceId, small)).toHaveLength(21));
  expect(acknowledged(acks).size).toBe(1);
  await small.close();
  expect(await ended).toEqual([1001, 'the server goes down']);
  expect(acknowledged(acks).size).toBe(21);
});

it('a peer from which nothing is heard is let go', async () => {
  const small = await openDoors({ streamIdleMs: 200 });
  try {
    const device = await small.enrol();
    const { socket, ended } = await connect(device, small);
    const alive = performance.now();
    await assertEventually(() => expect(performance.now() - alive).toBeGreaterThan(600));
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.pause();
    await assertEventually(() => expect(performance.now() - alive).toBeGreaterThan(1_200));
    socket.resume();
    expect((await ended)[0]).toBe(1006);
  } finally {
    await small.close();
  }
});
