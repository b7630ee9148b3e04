import { createPrivateKey, X509Certificate } from 'node:crypto';
import { signUplink } from '@muster/pki/signing/uplink';
import coap from 'coap';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type TestWorker, testWorker } from '../../../../worker/src/worker.harness.js';
import { CoapDoor } from './coap-door.js';
import { type DoorDevice, type Doors, openDoors, telemetryOf } from './doors.harness.js';

let doors: Doors;
let worker: TestWorker;

beforeAll(async () => {
  doors = await openDoors({}, { coapPort: 0, coapBind: '127.0.0.1' });
  worker = await testWorker(doors.test);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await doors?.close();
});

type Send = (device: DoorDevice, body: object) => Promise<unknown>;
const ways: Record<string, Send> = {
  mqtt: ({ deviceId }, body) => worker.transport.uplink({ tenant: 'acme', deviceId }, 'telemetry', body, 'm/1'),
  http: ({ as }, body) => doors.door.send('POST', '/device/v1/telemetry', { as, body: { ...body, place: 'm/1' } }),
  stream: ({ as }, body) =>
    new Promise((resolve, reject) => {
      const url = `wss://localhost:${doors.door.port}/device/v1/stream`;
      const socket = new WebSocket(url, { ca: doors.door.tls.ca, family: 4, ...as });
      socket.once('open', () => socket.send(JSON.stringify({ ...body, place: 'm/1' })));
      socket.once('message', () => {
        socket.terminate();
        resolve(null);
      });
      socket.once('error', reject);
    }),
  coap: ({ as }, body) =>
    new Promise((resolve, reject) => {
      const payload = Buffer.from(JSON.stringify(body));
      const jws = signUplink(createPrivateKey(as.key), new X509Certificate(as.cert), payload, { place: 'm/1' });
      const port = doors.door.app.get(CoapDoor).port!;
      const request = coap.request({ hostname: '127.0.0.1', port, pathname: '/t', method: 'POST' });
      request.once('response', resolve).once('error', reject);
      request.end(Buffer.from(jws));
    }),
};

it('a message is stored the same, once, from whichever door and from all of them', async () => {
  const producedAt = new Date(Date.now() - 500).toISOString();
  const message = (deviceId: string) => telemetryOf(deviceId, 3, { producedAt, extra: { a: 1 } });
  const rows = [];
  for (const send of Object.values(ways)) {
    const device = await doors.enrol();
    await send(device, message(device.deviceId));
    rows.push(await doors.stored(device.deviceId));
  }
  const [first, ...others] = rows;
  expect(first).toHaveLength(1);
  expect(first![0]).toMatchObject({
    seqNo: 3,
    place: 'm/1',
    dtMs: [-500, -500, 0, 0],
    producedAt: new Date(producedAt),
  });
  for (const row of others) expect(row).toEqual(first);

  const one = await doors.enrol();
  for (const send of Object.values(ways)) await send(one, message(one.deviceId));
  expect(await doors.stored(one.deviceId)).toEqual(first);
});
