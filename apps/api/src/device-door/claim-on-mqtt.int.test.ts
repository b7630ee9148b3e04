/** Row 31 of the attack list on a broker we did not write: Debian's mosquitto with the trust files this installation writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreatedClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import { freePort } from '@muster/runtime/embedded/free-port';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type Mosquitto, startMosquitto } from '@muster/testkit/mosquitto';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import mqtt from 'mqtt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientIdentity, type DoorHarness, identityOf, newRequest, openDoorHarness } from './door.harness.js';

let test: TestDatabase;
let door: DoorHarness;
let broker: Mosquitto;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  door = await openDoorHarness(test.database, clock);
  const tls = join(door.data, 'tls');
  broker = await startMosquitto({ home: door.data, tls, port: await freePort(), servicePort: await freePort() });
});
afterAll(async () => {
  await broker?.stop();
  await door?.close();
  await test?.drop();
});

const connects = async (as: ClientIdentity, clientId: string, port = broker.port): Promise<boolean> => {
  const ca = door.tls.ca;
  const client = mqtt.connect(`mqtts://localhost:${port}`, { ...as, ca, clientId, reconnectPeriod: 0 });
  try {
    return await new Promise((resolve) => {
      client.once('connect', () => resolve(true));
      client.once('error', () => resolve(false));
      client.once('close', () => resolve(false));
    });
  } finally {
    client.on('error', () => {});
    await client.endAsync(true);
  }
};

it('a claim certificate does not get in where a device does, with or without the authority that issued it', async () => {
  const { key, csr } = newRequest();
  const body = { csr, model: 'gw-1', serial: 'MQTT-1' };
  const device = (await door.enroll((await door.token()).token, body)).json();
  expect(await connects(identityOf(key, device), device.deviceId)).toBe(true);
  const made = await door.people.as('admin').post('/claim-batches', { name: 'Line', quota: 5 });
  const claim: CreatedClaimBatch = made.json();
  const root = (await door.identity.door.hierarchy.root()).pem;
  for (const cert of [
    claim.certificate,
    claim.certificate + claim.chain.join(''),
    claim.certificate + claim.chain.join('') + root,
  ]) {
    expect(await connects({ key: claim.key!, cert }, claim.id)).toBe(false);
    expect(await connects({ key: claim.key!, cert }, device.deviceId)).toBe(false);
  }
});

it('the door for our own processes lets in those alone: there whoever gets in may take any client id', async () => {
  const { key, csr } = newRequest();
  const body = { csr, model: 'gw-1', serial: 'MQTT-2' };
  const answer = (await door.enroll((await door.token()).token, body)).json();
  const device = identityOf(key, answer);
  const made = await door.people.as('admin').post('/claim-batches', { name: 'Line', quota: 5 });
  const claim: CreatedClaimBatch = made.json();
  const root = (await door.identity.door.hierarchy.root()).pem;
  const own = (name: string) => readFileSync(join(door.data, 'tls', name), 'utf8');
  const service = { key: own('service.key'), cert: own('service.crt') };
  expect(await connects(service, 'any-id', broker.servicePort)).toBe(true);
  const strangers = [
    device,
    { ...device, cert: device.cert + root },
    { key: claim.key!, cert: claim.certificate + claim.chain.join('') + root },
  ];
  for (const stranger of strangers) expect(await connects(stranger, answer.deviceId, broker.servicePort)).toBe(false);
});
