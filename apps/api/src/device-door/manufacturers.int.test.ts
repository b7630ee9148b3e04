import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manufacturer } from '@muster/contracts/enrollment/manufacturers.schema';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SESSION_COOKIE } from '../http/door.guard.js';
import { admit } from '../people.harness.js';
import { type ClientIdentity, type DoorHarness, newRequest, openDoorHarness } from './door.harness.js';
import { openFactory } from './factory.harness.js';

let test: TestDatabase;
let door: DoorHarness;
/** Certificates of the openssl command begin at the real time, and last a year. */
const clock = new FakeClock(new Date(Date.now() + 3_600_000));
const factory = openFactory();
const other: { admin?: ReturnType<DoorHarness['people']['with']> } = {};

beforeAll(async () => {
  test = await testDatabase();
  door = await openDoorHarness(test.database, clock);
  const tokens = await admit(test.database, clock, 'globex');
  other.admin = door.people.with({ cookie: `${SESSION_COOKIE}=${tokens.admin}` });
  factory.authority('Maker-Root');
  factory.authority('Maker-Line-1', 'Maker-Root');
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
  factory.close();
});

const admin = () => door.people.as('admin');
const register = (certificate: string, options: object = {}, as = admin()) =>
  as.post('/manufacturers', { name: 'Maker', model: 'mx-1', certificate, ...options });
const prove = (made: Manufacturer, issuer: string, as = admin()) =>
  as.post(`/manufacturers/${made.id}/prove`, { certificate: factory.proof(made.challenge!, issuer) });
const active = async (issuer: string, options: object = {}): Promise<Manufacturer> => {
  const made = (await register(factory.certificate(issuer), options)).json();
  const proven = await prove(made, issuer);
  expect(proven.statusCode, proven.body).toBe(200);
  return proven.json();
};
const device = (serial: string, changes: object = {}) => ({ csr: newRequest().csr, model: 'mx-1', serial, ...changes });
const enroll = ({ key, cert }: ClientIdentity, body: object) =>
  door.send('POST', '/device/v1/enroll', { as: { key, cert }, body });
const codeOf = async (sent: ReturnType<typeof enroll>) => {
  const answer = await sent;
  return answer.status === 200 ? 'ok' : answer.status === 202 ? 'pending' : answer.json().code;
};
const disable = ({ id }: Manufacturer) => admin().post(`/manufacturers/${id}/disable`);

describe('registering the CA of a manufacturer', () => {
  it('takes effect when the key of the CA signed the challenge, and not before', async () => {
    const made: Manufacturer = (await register(factory.certificate('Maker-Root'))).json();
    expect(made).toMatchObject({ state: 'unproven', challenge: expect.stringMatching(/^muster-[a-z0-9]{32}$/) });
    const gateway = factory.device('/CN=M-0', 'Maker-Root');
    expect(await codeOf(enroll(gateway, device('M-0')))).toBe('certificate_unknown');
    factory.authority('Thief');
    const stolen = await prove(made, 'Thief');
    expect([stolen.statusCode, stolen.json().code]).toEqual([422, 'proof_invalid']);
    const wrong = await prove({ ...made, challenge: 'muster-guess' }, 'Maker-Root');
    expect(wrong.json().code).toBe('proof_invalid');
    const plain = factory.proof(made.challenge!, 'Maker-Root', '');
    const first = await admin().post(`/manufacturers/${made.id}/prove`, { certificate: plain });
    expect(first.json()).toMatchObject({ code: 'proof_invalid', detail: expect.stringContaining('version 3') });
    const proven = await prove(made, 'Maker-Root');
    expect(proven.json()).toMatchObject({ state: 'active', challenge: null, provenAt: expect.any(String) });
    expect((await prove(made, 'Maker-Root')).json().code).toBe('transition_refused');
    expect(await codeOf(enroll(gateway, device('M-0')))).toBe('ok');
    await disable(made);
  });

  it('lets a challenge end, and gives a new one', async () => {
    factory.authority('Slow');
    const made: Manufacturer = (await register(factory.certificate('Slow'))).json();
    clock.advance(7 * 86_400_000);
    expect((await prove(made, 'Slow')).json()).toMatchObject({ code: 'proof_invalid' });
    const again: Manufacturer = (await admin().post(`/manufacturers/${made.id}/challenge`)).json();
    expect(again.challenge).not.toBe(made.challenge);
    expect((await prove(made, 'Slow')).json().code).toBe('proof_invalid');
    expect((await prove(again, 'Slow')).json().state).toBe('active');
  });

  it('lets one key into one tenant only, and an unproven claim to it blocks nobody', async () => {
    factory.authority('Shared');
    const squatter: Manufacturer = (await register(factory.certificate('Shared'), {}, other.admin)).json();
    expect(squatter.state).toBe('unproven');
    const mine = await active('Shared');
    const late = await prove(squatter, 'Shared', other.admin);
    expect([late.statusCode, late.json().code]).toEqual([409, 'already_exists']);
    expect(late.body).not.toContain('acme');
    expect((await register(factory.certificate('Shared'))).json().code).toBe('already_exists');
    await disable(mine);
    expect((await prove(squatter, 'Shared', other.admin)).json().state).toBe('active');
  });

  it('refuses what is no CA, is one of ours, or is no certificate at all, and stays quick about it', async () => {
    const ours = (await door.identity.door.hierarchy.issuing('device', 'acme')).pem;
    const leaf = factory.device('/CN=leaf', 'Maker-Root').cert;
    const hostile = `-----BEGIN CERTIFICATE-----\n${'a:\n b\n'.repeat(2000)}`;
    for (const certificate of [leaf, ours, 'hello', newRequest().csr, hostile]) {
      const before = performance.now();
      const refused = await register(certificate);
      expect(refused.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/certificate' }] });
      expect(performance.now() - before).toBeLessThan(1000);
    }
  });
});

describe('a factory certificate', () => {
  it('lets its device in, with its key or a new one, straight from the CA or through one between', async () => {
    const maker = await active('Maker-Root', { site: 'hall', approval: 'automatic' });
    const gateway = factory.device('/O=Maker/CN=M-1', 'Maker-Root');
    const answer = await enroll(gateway, device('M-1'));
    expect(answer.status, answer.text).toBe(200);
    const between = factory.device('/O=Maker/CN=M-2', 'Maker-Line-1', ['Maker-Line-1']);
    expect(await codeOf(enroll(between, device('M-2')))).toBe('ok');
    // Without the certificate between nobody can say who made it.
    const bare = factory.device('/O=Maker/CN=M-3', 'Maker-Line-1');
    expect(await codeOf(enroll(bare, device('M-3')))).toBe('certificate_unknown');
    expect((await admin().get(`/manufacturers/${maker.id}`)).json()).toMatchObject({ enrolled: 2 });
    // It speaks for its serial number, so a device that lost its storage comes back by it.
    expect(await codeOf(enroll(gateway, device('M-1')))).toBe('ok');
    await disable(maker);
    expect(await codeOf(enroll(gateway, device('M-1')))).toBe('certificate_unknown');
  });

  it('speaks for one serial number of one model', async () => {
    const maker = await active('Maker-Root');
    const gateway = factory.device('/O=Maker/CN=M-10', 'Maker-Root');
    expect(await codeOf(enroll(gateway, device('M-11')))).toBe('identity_mismatch');
    expect(await codeOf(enroll(gateway, device('M-10', { model: 'mx-2' })))).toBe('identity_mismatch');
    const two = factory.device('/CN=M-12/CN=M-13', 'Maker-Root');
    expect(await codeOf(enroll(two, device('M-12')))).toBe('identity_mismatch');
    await disable(maker);
    const byNumber = await active('Maker-Root', { serialFrom: 'serial_number' });
    const numbered = factory.device('/CN=whatever/serialNumber=M-14', 'Maker-Root');
    expect(await codeOf(enroll(numbered, device('M-14')))).toBe('ok');
    await disable(byNumber);
  });

  it('waits for a person where the manufacturer is registered so', async () => {
    const maker = await active('Maker-Root', { approval: 'queue' });
    const gateway = factory.device('/CN=M-20', 'Maker-Root');
    const body = device('M-20');
    const waiting = (await enroll(gateway, body)).json();
    const approval = (await admin().get(`/approvals/${waiting.approvalId}`)).json();
    expect(approval).toMatchObject({ kind: 'manufacturer', via: 'Maker', serial: 'M-20', state: 'pending' });
    await admin().post(`/approvals/${approval.id}/approve`, { keySha256: approval.keySha256 });
    expect(await codeOf(enroll(gateway, body))).toBe('ok');
    await disable(maker);
  });

  it('of a CA that only has the name of one of ours or of a registered one is nobody (rows 34, 35, 36)', async () => {
    const maker = await active('Maker-Root');
    const fake = openFactory();
    fake.authority('Maker-Root');
    expect(await codeOf(enroll(fake.device('/CN=M-30', 'Maker-Root'), device('M-30')))).toBe('certificate_unknown');
    fake.close();
    // Row 35: a leaf that signs.
    const parent = factory.device('/CN=M-31', 'Maker-Root');
    const child = factory.device('/CN=M-32', parent.name, [parent.name]);
    expect(await codeOf(enroll(child, device('M-32')))).toBe('certificate_unknown');
    // Row 36: certificates of ours that are for something else.
    for (const name of ['service', 'broker']) {
      const own = (kind: string) => readFileSync(join(door.data, 'tls', `${name}.${kind}`), 'utf8');
      const ours = { key: own('key'), cert: own('crt') };
      expect(await codeOf(enroll(ours, device('M-33'))), name).toBe('certificate_unknown');
    }
    clock.advance(60_000);
    // A purpose other than client authentication.
    const server = factory.device(
      '/CN=M-34',
      'Maker-Root',
      [],
      'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n',
    );
    expect(await codeOf(enroll(server, device('M-34')))).toBe('certificate_unknown');
    await disable(maker);
  });
});
