import { listDeviceCertificates, revokeCertificate } from '@muster/contracts/certificates/certificates.routes';
import { enroll } from '@muster/device-agent/identity/enroll';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { nodeNet } from '@muster/device-agent/ports/node-net';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, expect, inject, it } from 'vitest';
import { Stack } from '../../e2e/stack/stack.js';
import { machine, printTable } from '../report.js';

const FLEET = process.env.MUSTER_QUICK ? 20 : 200;
/** Revocations under way at once, as when somebody works through a list. */
const LANES = 4;
const WANTED_MS = 2_000;

let stack: Stack | null = null;
const clients: MqttClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await stack?.stop();
  stack = null;
});

const at = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * part) - 1)]!;

interface Connected {
  readonly deviceId: string;
  readonly client: MqttClient;
  readonly certificateId: string;
}

const connectDevice = async (on: Stack, token: string, n: number): Promise<Connected> => {
  const wish = { url: on.deviceUrl, token, serial: `bench-${n}`, model: 'bench', agentVersion: '0.0.0' };
  const { deviceId, key, certificate, root } = await enroll({ files: new MemoryFiles(), net: nodeNet }, wish);
  const client = await mqtt.connectAsync(`mqtts://localhost:${on.ports.mqtt}`, {
    ...{ key, cert: certificate, ca: root, clientId: deviceId, reconnectPeriod: 0, protocolVersion: 4 },
  });
  clients.push(client);
  const page = await on.client.call(listDeviceCertificates, { params: { deviceId }, query: {} as never });
  return { deviceId, client, certificateId: page.items[0]!.id };
};

it(`cuts the sessions of ${FLEET} revoked devices, and no other, on the embedded broker`, async () => {
  stack = await Stack.start({ cluster: inject('postgres'), broker: 'embedded' });
  const token = await stack.enrollmentToken(FLEET + 1);
  const devices: Connected[] = [];
  for (let n = 0; n < FLEET; n += 10)
    devices.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(10, FLEET - n) }, (_, i) => connectDevice(stack!, token, n + i)),
      )),
    );
  const bystander = await connectDevice(stack, token, FLEET);

  const [gone, answered] = [[] as number[], [] as number[]];
  const waiting = [...devices];
  const lane = async () => {
    for (let device = waiting.pop(); device !== undefined; device = waiting.pop()) {
      const { client, certificateId } = device;
      const closed = new Promise<number>((resolve) => client.once('close', () => resolve(performance.now())));
      const began = performance.now();
      const body = { reason: 'keyCompromise' as const };
      const answer = stack!.client.call(revokeCertificate, { params: { certificateId }, body });
      const [closedAt, answeredAt] = await Promise.all([closed, answer.then(() => performance.now())]);
      gone.push(closedAt - began);
      answered.push(answeredAt - began);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(gone).toHaveLength(FLEET);
  expect(bystander.client.connected).toBe(true);

  const line = (what: string, values: readonly number[]) => [
    what,
    ...[at(values, 0.5), at(values, 0.99), Math.max(...values)].map((value) => `${value.toFixed(0)} ms`),
  ];
  printTable(
    `${FLEET} revocations through the API, ${LANES} at once, durable database\n${machine()}`,
    ['from the request until', 'p50', 'p99', 'longest'],
    [
      line('the API answered', answered),
      line('the device was disconnected', gone),
      ['wanted of p99', '', `${WANTED_MS} ms`, at(gone, 0.99) <= WANTED_MS ? 'within' : 'above'],
    ],
  );
});
