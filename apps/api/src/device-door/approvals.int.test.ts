import { fingerprintWords } from '@muster/pki/client/fingerprint-words';
import { readRequestClaims } from '@muster/pki/csr/accept-request';
import { openssl } from '@muster/pki/fixtures/openssl';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { SESSION_COOKIE } from '../http/door.guard.js';
import { admit } from '../people.harness.js';
import { type DoorHarness, newRequest, openDoorHarness } from './door.harness.js';

let test: TestDatabase;
let door: DoorHarness;
let stranger: ReturnType<DoorHarness['people']['with']>;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  door = await openDoorHarness(test.database, clock, [DevicesModule]);
  const tokens = await admit(test.database, clock, 'globex');
  stranger = door.people.with({ cookie: `${SESSION_COOKIE}=${tokens.owner}` });
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});

const owner = () => door.people.as('owner');
const settings = async (change: object) => {
  const { version } = (await owner().get('/enrollment-settings')).json();
  const changed = await owner().patch('/enrollment-settings', change, { 'if-match': `"${version}"` });
  expect(changed.statusCode, changed.body).toBe(200);
  return changed.json();
};
let count = 0;
const device = (changes: object = {}) => ({
  csr: newRequest().csr,
  model: 'gw-1',
  serial: `A-${++count}`,
  ...changes,
});
const ask = (body: object) => door.send('POST', '/device/v1/enroll', { body });
const asked = async (body: object) => {
  const answer = await ask({ tenant: 'acme', ...body });
  return answer.status === 200 ? 'ok' : answer.status === 202 ? 'pending' : answer.json().code;
};
const keyOf = ({ csr }: { csr: string }) => readRequestClaims(csr).keyHash;
const approve = (id: string, keySha256: string, as = owner()) => as.post(`/approvals/${id}/approve`, { keySha256 });

/** Made by the openssl command; ours are EC. */
const rsaRequest = (): string => {
  const made = openssl({}, 'req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/');
  return /-----BEGIN CERT[\s\S]*-----END CERTIFICATE REQUEST-----/.exec(made.output)![0];
};

describe('a device without any credential', () => {
  it('is turned away like one of no tenant, until the tenant takes questions (row 25)', async () => {
    const body = device();
    const [none, nobodys, acmes] = [
      await ask(body),
      await ask({ ...body, tenant: 'no-such-tenant' }),
      await ask({ ...body, tenant: 'acme' }),
    ];
    for (const answer of [none, nobodys, acmes]) {
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect({ ...answer.json(), requestId: '' }).toEqual({ ...none.json(), requestId: '' });
    }
    await settings({ operatorApproval: true });
    expect(await asked(body)).toBe('pending');
  });

  it('waits for a person who compares the words of its key, and is let in when it asks again', async () => {
    const body = device();
    const waiting = (await ask({ ...body, tenant: 'acme' })).json();
    expect(waiting.words).toEqual(fingerprintWords(keyOf(body)));
    expect((await ask({ ...body, tenant: 'acme' })).json().approvalId).toBe(waiting.approvalId);
    const wrong = await approve(waiting.approvalId, keyOf(device()));
    expect([wrong.statusCode, wrong.json().code]).toEqual([403, 'identity_mismatch']);
    expect((await approve(waiting.approvalId, keyOf(body), door.people.as('viewer'))).statusCode).toBe(403);
    expect((await approve(waiting.approvalId, keyOf(body))).json()).toMatchObject({ state: 'approved' });
    expect((await approve(waiting.approvalId, keyOf(body))).json().code).toBe('transition_refused');
    const first = await ask({ ...body, tenant: 'acme' });
    expect(first.status, first.text).toBe(200);
    const second = await ask({ ...body, tenant: 'acme' });
    expect(second.json().certificate).toBe(first.json().certificate);
    const { items } = (await owner().get(`/devices/${first.json().deviceId}/certificates`)).json();
    expect(items).toMatchObject([{ source: 'approval' }]);
  });

  it('asks anew with another request, and an approval is of one request for one device (row 38)', async () => {
    const body = device();
    const first = (await ask({ ...body, tenant: 'acme' })).json();
    await approve(first.approvalId, keyOf(body));
    const changed = (await ask({ ...body, csr: newRequest().csr, tenant: 'acme' })).json();
    expect(changed).toMatchObject({ pending: true });
    expect(changed.approvalId).not.toBe(first.approvalId);
    expect(await asked({ ...body, serial: 'ANOTHER' })).toBe('conflict');
    expect(await asked(body)).toBe('ok');
  });

  it('stays out by whatever credential once a person turned its key away (row 42)', async () => {
    const body = device();
    const { approvalId } = (await ask({ ...body, tenant: 'acme' })).json();
    const rejected = await owner().post(`/approvals/${approvalId}/reject`, { reason: 'not ours' });
    expect(rejected.json()).toMatchObject({ state: 'rejected', decidedBy: 'owner', reason: 'not ours' });
    expect(await asked(body)).toBe('enrollment_rejected');
    const refused = await door.enroll((await door.token()).token, body);
    expect([refused.status, refused.json().code]).toEqual([403, 'enrollment_rejected']);
    // The key is out, not the serial number: whoever really is the device comes with another key.
    expect((await door.enroll((await door.token()).token, { ...body, csr: newRequest().csr })).status).toBe(200);
  });

  it('is nobody of another tenant: its approval is not there for them (row 39)', async () => {
    const body = device();
    const { approvalId } = (await ask({ ...body, tenant: 'acme' })).json();
    const foreign = await approve(approvalId, keyOf(body), stranger);
    const unknown = await approve('01970000-0000-7000-8000-00000000ffff', keyOf(body), stranger);
    expect([foreign.statusCode, unknown.statusCode]).toEqual([404, 404]);
    expect((await stranger.get('/approvals')).json().items).toEqual([]);
  });

  it('takes the place of nobody who enrolled after it was approved as new', async () => {
    const [approved, waiting] = [device(), device()];
    const { approvalId } = (await ask({ ...approved, tenant: 'acme' })).json();
    await approve(approvalId, keyOf(approved));
    const stillAsks = (await ask({ ...waiting, tenant: 'acme' })).json().approvalId;
    const enrolled = [];
    for (const { serial } of [approved, waiting])
      enrolled.push((await door.enroll((await door.token()).token, { ...device(), serial })).json().deviceId);
    expect(await asked(approved)).toBe('conflict');
    expect((await owner().get(`/devices/${enrolled[0]}/certificates`)).json().items).toHaveLength(1);
    // Who is not answered yet is shown as what it would become now.
    expect(await asked(waiting)).toBe('pending');
    expect((await owner().get(`/approvals/${stillAsks}`)).json()).toMatchObject({ deviceId: enrolled[1] });
  });

  it('waits a week at most, and in a queue that ends', async () => {
    const body = device();
    const { approvalId } = (await ask({ ...body, tenant: 'acme' })).json();
    clock.advance(7 * 86_400_000 + 1);
    expect((await owner().get(`/approvals/${approvalId}`)).json().state).toBe('expired');
    expect((await approve(approvalId, keyOf(body))).json().code).toBe('transition_refused');
    await settings({ maxPending: 2 });
    expect(await asked(body)).toBe('pending');
    const rush = await Promise.all(Array.from({ length: 6 }, () => asked(device())));
    expect(rush.filter((code) => code === 'pending')).toHaveLength(1);
    expect(rush.filter((code) => code === 'queue_full')).toHaveLength(5);
    expect(await asked(body)).toBe('pending');
    const full = await ask({ ...device(), tenant: 'acme' });
    expect([full.status, full.headers['retry-after']]).toEqual([429, '900']);
    const listed = (await owner().get('/approvals?state=pending')).json();
    expect(listed.items).toHaveLength(2);
  });

  it('is refused from the moment the tenant takes no more questions', async () => {
    await settings({ operatorApproval: false });
    expect(await asked(device())).toBe('unauthenticated');
  });
});

describe('how a tenant enrols', () => {
  it('is changed by those who may change trust, from the version they read', async () => {
    const { version } = (await owner().get('/enrollment-settings')).json();
    const match = { 'if-match': `"${version}"` };
    expect((await door.people.as('operator').patch('/enrollment-settings', { graceS: 0 }, match)).statusCode).toBe(403);
    expect((await owner().patch('/enrollment-settings', { graceS: 0 })).statusCode).toBe(428);
    expect((await owner().patch('/enrollment-settings', { leafLifeS: 10 }, match)).json().code).toBe(
      'validation_failed',
    );
    expect((await owner().patch('/enrollment-settings', { graceS: 0 }, match)).json()).toMatchObject({ graceS: 0 });
    expect((await owner().patch('/enrollment-settings', { graceS: 1 }, match)).statusCode).toBe(412);
  });

  it('gives certificates the life it says, and lets RSA in only where it says so', async () => {
    await settings({ leafLifeS: 3600, rsaKeys: false });
    const answer = (await door.enroll((await door.token()).token, device())).json();
    const { items } = (await owner().get(`/devices/${answer.deviceId}/certificates`)).json();
    const life = Date.parse(items[0].notAfter) - clock.now().getTime();
    expect(Math.round(life / 1000)).toBeCloseTo(3600, -1);
    const csr = rsaRequest();
    const refused = await door.enroll((await door.token()).token, device({ csr }));
    expect([refused.status, refused.json().code]).toEqual([400, 'csr_key_not_allowed']);
    await settings({ rsaKeys: true, leafLifeS: 86_400 });
    expect((await door.enroll((await door.token()).token, device({ csr }))).status).toBe(200);
  });

  it('holds the tenant to its devices, whoever comes at the same time', async () => {
    const enrolled = await test.database.system((tx) =>
      tx.query<{ n: number }>(`select count(*)::int as n from devices where tenant_id = 'acme' and state = 'active'`),
    );
    await settings({ maxDevices: enrolled[0]!.n + 2 });
    const { token } = await door.token({ maxUses: 100 });
    const rush = await Promise.all(Array.from({ length: 6 }, () => door.enroll(token, device())));
    const codes = rush.map((answer) => (answer.status === 200 ? 'ok' : answer.json().code));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(2);
    expect(codes.filter((code) => code === 'quota_exceeded')).toHaveLength(4);
    await settings({ maxDevices: null });
  });

  it('slows the tenant down at its own pace, and no other', async () => {
    await settings({ enrollmentsPerMinute: 2 });
    const { token } = await door.token({ maxUses: 100 });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await door.enroll(token, device()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[2]!.headers['retry-after']).toBe('30');
    const made = (await stranger.post('/enrollment-tokens', { name: 'theirs' })).json();
    expect((await door.enroll(made.token, device())).status).toBe(200);
    clock.advance(30_000);
    expect((await door.enroll(token, device())).status).toBe(200);
    await settings({ enrollmentsPerMinute: 6000 });
  });
});
