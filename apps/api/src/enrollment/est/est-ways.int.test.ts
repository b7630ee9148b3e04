import { createPublicKey, X509Certificate } from 'node:crypto';
import { generateDeviceKey } from '@muster/pki/client/device-key';
import { writeRequest } from '@muster/pki/client/write-request';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientIdentity, newRequest } from '../../device-door/door.harness.js';
import { openFactory } from '../../device-door/factory.harness.js';
import { certificatesIn, type EstHarness, openEst } from './est.harness.js';

let test: TestDatabase;
let est: EstHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  est = await openEst(test.database, clock);
});
afterAll(async () => {
  await est?.close();
  await test?.drop();
});

const people = () => est.door.people.as('owner');
const deviceOf = async (serial: string) =>
  (await est.rows<{ id: string; model: string }>('select id, model from devices where serial = $1', [serial]))[0];

describe('a claim certificate', () => {
  let claim: ClientIdentity;
  beforeAll(async () => {
    const made = await people().post('/claim-batches', {
      name: 'Line 4',
      quota: 10,
      model: 'gw-1',
      serials: ['CL-1', 'CL-2'],
    });
    expect(made.statusCode, made.body).toBe(201);
    const { certificate, chain, key } = made.json();
    claim = { key, cert: [certificate, ...chain].join('') };
  });

  it('enrols a serial number of its batch, named by the user name or by the request alone', async () => {
    const named = await est.call('simpleenroll', { label: 'acme', as: claim, body: newRequest().csr, user: 'CL-1' });
    expect(named.status, named.text).toBe(200);
    const alone = await est.call('simpleenroll', { as: claim, body: newRequest('CL-2').csr });
    expect(alone.status, alone.text).toBe(200);
    expect(await deviceOf('CL-2')).toMatchObject({ model: 'gw-1' });
    expect(new X509Certificate(certificatesIn(alone)[0]!).subject).toBe(`CN=${(await deviceOf('CL-2'))?.id}`);
  });

  it('waits for a person with a serial number that is not on the list', async () => {
    const { csr } = newRequest('CL-9');
    const waiting = await est.call('simpleenroll', { as: claim, body: csr });
    expect(waiting.status, waiting.text).toBe(202);
    const [{ id, keySha256 }] = (await people().get('/approvals?state=pending')).json().items;
    await people().post(`/approvals/${id}/approve`, { keySha256 });
    expect((await est.call('simpleenroll', { as: claim, body: csr })).status).toBe(200);
  });

  it('does nothing else, nor does the certificate of a server', async () => {
    const server = { key: est.door.tls.key, cert: est.door.tls.cert };
    for (const [as, code] of [
      [claim, 'claim_refused'],
      [server, 'identity_mismatch'],
    ] as const) {
      const { csr } = newRequest('CL-1');
      const answers = [
        await est.call('simplereenroll', { as, body: csr, headers: { accept: 'application/json' } }),
        await est.door.send('POST', '/device/v1/renew', { as, body: { csr } }),
        await est.door.send('GET', '/device/v1/renewal-info', { as }),
      ];
      expect(answers.map((answer) => [answer.status, answer.json().code])).toEqual(Array(3).fill([403, code]));
    }
    const byServer = await est.call('simpleenroll', { as: server, body: newRequest().csr, user: 'gw-1/CL-7' });
    expect(byServer.status).toBe(401);
  });

  it('lets nobody in under the label of another tenant', async () => {
    const answer = await est.call('simpleenroll', { label: 'nobody', as: claim, body: newRequest('CL-1').csr });
    expect([answer.status, answer.text]).toEqual([401, expect.stringContaining('certificate_unknown')]);
  });
});

describe('a certificate of the factory', () => {
  const factory = openFactory();
  afterAll(() => factory.close());

  it('says which device it is, and its CA which model', async () => {
    // Certificates of the openssl command begin at the real time, which is a little later than the clock here.
    clock.advance(3_600_000);
    factory.authority('Maker-Root');
    factory.authority('Maker-Line', 'Maker-Root');
    const certificate = factory.certificate('Maker-Root');
    const made = (await people().post('/manufacturers', { name: 'Maker', model: 'mx-1', certificate })).json();
    const proof = { certificate: factory.proof(made.challenge, 'Maker-Root') };
    expect((await people().post(`/manufacturers/${made.id}/prove`, proof)).statusCode).toBe(200);
    const { key, cert } = factory.device('/O=Maker/CN=FA-1', 'Maker-Line', ['Maker-Line']);
    const answer = await est.call('simpleenroll', { as: { key, cert }, body: newRequest().csr });
    expect(answer.status, answer.text).toBe(200);
    expect(await deviceOf('FA-1')).toMatchObject({ model: 'mx-1' });
    const other = await est.call('simpleenroll', { as: { key, cert }, body: newRequest().csr, user: 'mx-1/FA-2' });
    expect([other.status, other.text]).toEqual([403, expect.stringContaining('identity_mismatch')]);
  });

  it('is of the CA that signed it, however many of another tenant bear its key identifier', async () => {
    factory.authority('Namesake');
    await est.rows(`insert into tenants (id, name) values ('globex', 'Globex')`);
    await est.rows(
      `insert into manufacturers (tenant_id, id, name, state, certificate_pem, fingerprint, key_id, key_hash, model,
         serial_from, approval, class, created_by, created_at, proven_at)
       select 'globex', gen_random_uuid(), name, 'active', $1, fingerprint, key_id, md5(n::text), 'other', serial_from,
         approval, class, created_by, created_at - interval '1 day', proven_at - interval '1 day'
       from manufacturers, generate_series(1, 25) n where model = 'mx-1'`,
      [factory.certificate('Namesake')],
    );
    const { key, cert } = factory.device('/O=Maker/CN=FA-9', 'Maker-Root');
    const answer = await est.call('simpleenroll', { as: { key, cert }, body: newRequest().csr });
    expect(answer.status, answer.text).toBe(200);
    expect(await deviceOf('FA-9')).toMatchObject({ model: 'mx-1' });
  });
});

describe('a key that was registered before', () => {
  it('needs nothing beside the request', async () => {
    const key = generateDeviceKey();
    const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
    const made = await people().post('/registered-keys/bulk', { rows: [{ model: 'gw-7', serial: 'RK-1', publicKey }] });
    expect(made.json(), made.body).toMatchObject({ created: 1 });
    const answer = await est.call('simpleenroll', { body: writeRequest(key) });
    expect(answer.status, answer.text).toBe(200);
    expect(await deviceOf('RK-1')).toMatchObject({ model: 'gw-7' });
  });
});

it('a certificate of a device does not enrol anew', async () => {
  const device = await est.enrolled();
  const answer = await est.call('simpleenroll', { as: device.as, body: newRequest().csr, user: 'gw-1/OTHER' });
  expect(answer.status, answer.text).toBe(401);
  const [{ n }] = (await est.rows<{ n: number }>('select count(*)::int as n from certificates where device_id = $1', [
    device.deviceId,
  ])) as [{ n: number }];
  expect(n).toBe(1);
});
