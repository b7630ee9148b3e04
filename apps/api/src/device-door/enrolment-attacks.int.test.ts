/** Rows 16 to 19, 25 to 30 and 37 of the attack list, on real sockets. Claim certificates, approvals and factories have files of their own. */
import { enrollmentMinuteStore } from '@muster/persistence/enrollment/enrollment-minute.store';
import { openssl } from '@muster/pki/fixtures/openssl';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { SESSION_COOKIE } from '../http/door.guard.js';
import { admit } from '../people.harness.js';
import { type DoorAnswer, type DoorHarness, identityOf, newRequest, openDoorHarness } from './door.harness.js';

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
// Every refusal counts against the one address the tests have.
beforeEach(() => clock.advance(10 * 60_000));

let count = 0;
const device = (changes: object = {}) => ({ csr: newRequest().csr, model: 'gw-1', serial: `X-${++count}`, ...changes });
const enroll = async (options: object, changes: object = {}) =>
  door.enroll((await door.token(options)).token, device(changes));
const said = (answer: DoorAnswer) => (answer.status === 200 ? '200' : `${answer.status} ${answer.json().code}`);
const rows = <R>(sql: string, params: unknown[] = []) => test.database.system((tx) => tx.query<R>(sql, params));
/** Without what differs in every answer. */
const bare = (answer: DoorAnswer) => ({ ...answer.json(), requestId: '' });

describe('a one-time token', () => {
  it('used fifty times at once gives exactly one certificate (row 27)', async () => {
    const { id, token } = await door.token();
    const answers = await Promise.all(Array.from({ length: 50 }, () => door.enroll(token, device())));
    expect(answers.map(said).sort()).toEqual(['200', ...Array(49).fill('401 token_spent')]);
    expect(await rows('select 1 from certificates where token_id = $1', [id])).toHaveLength(1);
    expect(await rows('select uses from enrollment_tokens where id = $1', [id])).toEqual([{ uses: 1 }]);
  });

  it('used fifty times at once by the same device gives it one and the same certificate (row 27)', async () => {
    const { id, token } = await door.token();
    const body = device();
    const answers = await Promise.all(Array.from({ length: 50 }, () => door.enroll(token, body)));
    expect(new Set(answers.map((answer) => answer.json().certificate)).size).toBe(1);
    expect(await rows('select 1 from certificates where token_id = $1', [id])).toHaveLength(1);
  });

  it('of another tenant is as unknown as one that never was, also in time (row 28)', async () => {
    const theirs: string = (await stranger.post('/enrollment-tokens', { name: 'theirs', maxUses: 999 })).json().token;
    const unknown = theirs.replace(/_[a-z0-9]{10}_/, '_aaaaaaaaaa_');
    const wrong = theirs.replace(/_[a-z0-9]{32}_/, `_${'a'.repeat(32)}_`);
    const body = device({ tenant: 'acme' });
    const took: Record<string, number[]> = { theirs: [], unknown: [], wrong: [] };
    const answers: DoorAnswer[] = [];
    for (let round = 0; round < 8; round++) {
      clock.advance(60_000);
      for (const [name, token] of Object.entries({ theirs, unknown, wrong })) {
        const before = performance.now();
        answers.push(await door.enroll(token, body));
        took[name]!.push(performance.now() - before);
      }
    }
    for (const answer of answers) expect(bare(answer)).toEqual(bare(answers[0]!));
    expect(said(answers[0]!)).toBe('401 token_invalid');
    expect(await rows(`select 1 from devices where serial = $1`, [body.serial])).toEqual([]);
    const fastest = Object.values(took).map((times) => Math.min(...times));
    // The same steps are taken, so the fastest of each are as fast; a lookup more would show.
    expect(Math.max(...fastest) - Math.min(...fastest)).toBeLessThan(25);
  });

  it('ends, and is bound to what it was made for (rows 26, 29)', async () => {
    const { token } = await door.token({ expiresInS: 60, maxUses: 5 });
    clock.advance(60_000);
    expect(said(await door.enroll(token, device()))).toBe('401 token_expired');
    expect(said(await enroll({ serial: 'ONLY' }))).toBe('403 identity_mismatch');
    expect(said(await enroll({ model: 'gw-2' }))).toBe('403 identity_mismatch');
    const none = await door.send('POST', '/device/v1/enroll', { body: device() });
    expect([said(none), none.headers['www-authenticate']]).toEqual(['401 unauthenticated', expect.any(String)]);
  });

  it('cannot be guessed: tries are slowed down by address and counted by the minute (row 30)', async () => {
    const { token } = await door.token();
    const guess = token.replace(/_[a-z0-9]{32}_/, `_${'b'.repeat(32)}_`);
    const statuses: string[] = [];
    for (let i = 0; i < 60; i++) statuses.push(said(await door.enroll(guess, device())));
    expect(statuses.filter((status) => status === '401 token_invalid')).toHaveLength(10);
    expect(statuses.filter((status) => status === '429 rate_limited')).toHaveLength(50);
    const minute = new Date(Math.floor(clock.now().getTime() / 60_000) * 60_000);
    const tally = () =>
      rows(`select n from enrollment_minutes where tenant_id = '' and code = 'token_invalid' and minute = $1`, [
        minute,
      ]);
    await assertEventually(async () => expect(await tally()).toEqual([{ n: 10 }]));
    // A right token from the same address waits with them.
    expect(said(await door.enroll(token, device()))).toBe('429 rate_limited');
    clock.advance(60_000);
    expect(said(await door.enroll(token, device()))).toBe('200');
  });

  it('in the hands of a device in a loop is slowed down by itself', async () => {
    const { token } = await door.token({ model: 'gw-9', maxUses: 100 });
    const statuses: string[] = [];
    for (let i = 0; i < 62; i++) statuses.push(said(await door.enroll(token, device())));
    expect(statuses.slice(0, 60)).toEqual(Array(60).fill('403 identity_mismatch'));
    expect(statuses.slice(60)).toEqual(['429 rate_limited', '429 rate_limited']);
    expect(said(await enroll({}))).toBe('200');
  });
});

describe('a key', () => {
  it('of a device is nobody else’s, in this tenant and any other, and nobody learns whose (row 16)', async () => {
    const body = device();
    expect(said(await door.enroll((await door.token()).token, body))).toBe('200');
    const same = await door.enroll((await door.token()).token, { ...body, serial: 'THIEF' });
    const theirs: string = (await stranger.post('/enrollment-tokens', { name: 'theirs' })).json().token;
    const foreign = await door.enroll(theirs, { ...body, serial: 'THIEF' });
    expect([said(same), said(foreign)]).toEqual(['409 key_in_use', '409 key_in_use']);
    expect(bare(foreign)).toEqual(bare(same));
    expect(await rows(`select 1 from devices where serial = 'THIEF'`)).toEqual([]);
    const [used] = await rows<{ uses: number }>('select uses from enrollment_tokens where prefix = $1', [
      theirs.split('_')[1],
    ]);
    expect(used!.uses).toBe(0);
  });

  it('brought to two tenants at the same moment is one device of one of them (row 16)', async () => {
    const theirs: string = (await stranger.post('/enrollment-tokens', { name: 'theirs' })).json().token;
    const body = device();
    const both = await Promise.all([door.enroll((await door.token()).token, body), door.enroll(theirs, body)]);
    expect(both.map(said).sort()).toEqual(['200', '409 key_in_use']);
  });

  it('is not renewed with, and not enrolled with again (row 17)', async () => {
    const { key, csr } = newRequest();
    const body = device({ csr });
    const answer = (await door.enroll((await door.token()).token, body)).json();
    await door.people.as('owner').post(`/devices/${answer.deviceId}/certificates/renew`);
    const as = identityOf(key, answer);
    expect(said(await door.send('POST', '/device/v1/renew', { as, body: { csr } }))).toBe('409 key_reused');
    const bound = await door.token({ serial: body.serial });
    expect(said(await door.enroll(bound.token, body))).toBe('409 key_reused');
  });
});

describe('a name in a request', () => {
  const named = (subject: string) => {
    const files = { 'key.pem': newRequest().key };
    const made = openssl(files, 'req', '-new', '-utf8', '-key', '@key.pem', '-multivalue-rdn', '-subj', subject);
    return /-----BEGIN CERT[\s\S]*-----END CERTIFICATE REQUEST-----/.exec(made.output)![0];
  };

  it.each([
    '/CN=01970000-0000-7000-8000-00000000ffff',
    '/CN=x,O=evil',
    '/CN=a+OU=b',
    '/CN=#0c0161',
    '/CN="quoted"',
    '/CN=line\nbreak',
    '/CN=\u202eesrever',
    `/CN=${'x'.repeat(64)}`,
    '/CN=one/CN=two',
    '/CN=#',
    '/CN=\\+',
    '/CN=a\\/b',
    '/CN=$SYS',
  ])('that is not the device’s own is refused and never issued: %j (rows 18, 19)', async (subject) => {
    const refused = await enroll({}, { csr: named(subject) });
    expect([400, 403]).toContain(refused.status);
    expect(refused.json().code).toMatch(/^(csr_malformed|identity_mismatch)$/);
    const name = subject.slice(4);
    if (name.length > 3) expect(refused.text).not.toContain(name);
  });
});

it('no header stands in for a certificate (row 37)', async () => {
  const { key, csr } = newRequest();
  const answer = (await door.enroll((await door.token()).token, device({ csr }))).json();
  const pem = encodeURIComponent(identityOf(key, answer).cert);
  const headers = {
    'x-client-cert': pem,
    'x-ssl-client-cert': pem,
    'x-forwarded-client-cert': `Cert="${pem}"`,
    'ssl-client-cert': pem,
    'client-cert': `:${Buffer.from(answer.certificate).toString('base64')}:`,
    'x-forwarded-for': '203.0.113.9',
  };
  for (const path of ['/device/v1/renew', '/device/v1/enroll']) {
    const refused = await door.send('POST', path, { headers, body: device() });
    expect(refused.status, path).toBe(401);
  }
  // A forwarded address would let whoever writes it escape the limits.
  const guess = `mst_${'a'.repeat(10)}_${'a'.repeat(32)}_${'0'.repeat(64)}`;
  const statuses = [];
  for (let i = 0; i < 12; i++) {
    const from = { 'x-forwarded-for': `203.0.113.${i}` };
    const sent = { bearer: guess, body: device(), headers: from };
    statuses.push((await door.send('POST', '/device/v1/enroll', sent)).status);
  }
  expect(statuses.at(-1)).toBe(429);
});

it('outcomes are counted by the minute and forgotten after a week', async () => {
  const old = new Date(clock.now().getTime() - 8 * 86_400_000);
  const outcome = { tenantId: 'acme', minute: old, code: 'issued', n: 3 };
  await enrollmentMinuteStore.add(test.database.statements, [outcome, { ...outcome, code: 'pending' }]);
  clock.advance(3_600_000);
  const minute = new Date(Math.floor(clock.now().getTime() / 60_000) * 60_000);
  await enroll({});
  await enroll({});
  await enroll({ model: 'other' });
  await assertEventually(async () => {
    const now = await rows(
      'select code, n from enrollment_minutes where tenant_id = $1 and minute = $2 order by code',
      ['acme', minute],
    );
    expect(now).toEqual([
      { code: 'identity_mismatch', n: 1 },
      { code: 'issued', n: 2 },
    ]);
    expect(await rows('select 1 from enrollment_minutes where minute = $1', [old])).toEqual([]);
  });
});
