import { createHash, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequest } from '../../device-door/door.harness.js';
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

describe('cacerts', () => {
  it('gives anybody the root and the authorities of the tenant, in one line with its length', async () => {
    const answer = await est.call('cacerts', { label: 'acme' });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/pkcs7-mime']);
    expect(answer.headers['content-length']).toBe(String(answer.text.length));
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers['content-transfer-encoding']).toBe('base64');
    expect(answer.text).not.toMatch(/\s/);
    const subjects = certificatesIn(answer).map((pem) => new X509Certificate(pem).subject.replaceAll('\n', ' '));
    expect(subjects).toHaveLength(2);
    expect(subjects.join()).toMatch(/Root CA/);
    expect(subjects.join()).toMatch(/Device CA acme/);
  });

  it('means the only tenant without a label, wraps its lines when asked, and knows what did not change', async () => {
    const [plain, bare, wrapped] = [
      await est.call('cacerts', { label: 'acme' }),
      await est.call('cacerts'),
      await est.call('cacerts', { label: 'acme.wrap' }),
    ];
    expect(bare.text).toBe(plain.text);
    expect(wrapped.text.split('\r\n').every((line) => line.length <= 64)).toBe(true);
    expect(wrapped.text.replaceAll('\r\n', '')).toBe(plain.text);
    expect((await est.call('cacerts?wrap')).text).toBe(wrapped.text);
    const etag = plain.headers.etag as string;
    const again = await est.call('cacerts', { label: 'acme', headers: { 'if-none-match': etag } });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await est.call('cacerts', { label: 'acme.wrap', headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('is not there for a label that names no tenant', async () => {
    for (const label of ['nobody', 'ACME', 'acme.other', '%2e%2e', 'a'.repeat(33)])
      expect((await est.call('cacerts', { label })).status, label).toBe(404);
  });
});

describe('simpleenroll', () => {
  it('turns a token and a request into a certificate, and the same request again into the same', async () => {
    const { token } = await est.door.token();
    const { csr } = newRequest();
    const ask = () => est.call('simpleenroll', { label: 'acme', body: csr, user: 'gw-1/SE-1', token });
    const answer = await ask();
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'application/pkcs7-mime; smime-type=certs-only',
    ]);
    const issued = certificatesIn(answer);
    expect(issued).toHaveLength(1);
    const [device] = await est.rows<{ id: string; model: string }>(
      `select id, model from devices where serial = 'SE-1'`,
    );
    expect([new X509Certificate(issued[0]!).subject, device?.model]).toEqual([`CN=${device?.id}`, 'gw-1']);
    expect((await ask()).text).toBe(answer.text);
  });

  it('knows the device from the user name, else from what the token is bound to, else from the subject', async () => {
    const serialOf = async (options: object, call: object, subject?: string) => {
      const { token } = await est.door.token(options);
      const answer = await est.call('simpleenroll', { body: newRequest(subject).csr, token, ...call });
      const der = certificatesIn(answer)[0];
      const fingerprint = createHash('sha256').update(new X509Certificate(der!).raw).digest('hex');
      const [row] = await est.rows<{ model: string; serial: string }>(
        `select d.model, d.serial from devices d join certificates c on c.device_id = d.id where c.fingerprint = $1`,
        [fingerprint],
      );
      return `${row?.model}/${row?.serial}`;
    };
    expect(await serialOf({}, { user: 'gw-2/a/b' })).toBe('gw-2/a/b');
    expect(await serialOf({ model: 'gw-3' }, { user: 'SE-3' })).toBe('gw-3/SE-3');
    expect(await serialOf({ model: 'gw-4', serial: 'SE-4' }, { user: '' })).toBe('gw-4/SE-4');
    expect(await serialOf({ model: 'gw-5' }, { user: '' }, 'SE-5')).toBe('gw-5/SE-5');
    expect(await serialOf({}, { user: 'gw-6/SE-6' }, 'SE-6')).toBe('gw-6/SE-6');
  });

  it('refuses a name that is not the one the token or the user name say', async () => {
    const { token } = await est.door.token({ model: 'gw-1', serial: 'SE-7' });
    const other = await est.call('simpleenroll', { body: newRequest().csr, user: 'gw-1/SE-8', token });
    expect([other.status, other.text]).toEqual([403, expect.stringContaining('identity_mismatch')]);
    const subject = await est.call('simpleenroll', { body: newRequest('SE-8').csr, user: 'gw-1/SE-7', token });
    expect(subject.status).toBe(403);
    const open = await est.door.token();
    const nameless = await est.call('simpleenroll', { body: newRequest().csr, token: open.token });
    expect([nameless.status, nameless.text]).toEqual([400, expect.stringContaining('model/serial')]);
  });

  it('asks for Basic where nothing lets in, and says no more of a token of another tenant than of one that never was', async () => {
    const { csr } = newRequest();
    const none = await est.call('simpleenroll', { label: 'acme', body: csr });
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic realm=/)]);
    const { token } = await est.door.token();
    const foreign = await est.call('simpleenroll', { label: 'nobody', body: csr, user: 'gw-1/SE-9', token });
    const wrong = token.replace(/_[a-z0-9]{32}_/, `_${'a'.repeat(32)}_`);
    const unknown = await est.call('simpleenroll', { label: 'acme', body: csr, user: 'gw-1/SE-9', token: wrong });
    expect([foreign.status, foreign.text]).toEqual([401, unknown.text]);
    const bearer = await est.call('simpleenroll', { body: csr, headers: { authorization: `Bearer ${token}` } });
    expect(bearer.status).toBe(401);
    expect((await est.call('simpleenroll', { label: 'acme', body: csr, user: 'gw-1/SE-9', token })).status).toBe(200);
  });

  it('makes who guesses tokens wait', async () => {
    clock.advance(3_600_000);
    const statuses = [];
    for (let i = 0; i < 12; i++)
      statuses.push((await est.call('simpleenroll', { body: newRequest().csr, user: 'm/s', token: 'guess' })).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    clock.advance(3_600_000);
  });
});

describe('waiting for a person', () => {
  it('is 202 with Retry-After for the same request, and the certificate once somebody approved', async () => {
    const owner = est.door.people.as('owner');
    await est.rows(
      `insert into enrollment_settings (tenant_id, operator_approval) values ('acme', true)
       on conflict (tenant_id) do update set operator_approval = true`,
    );
    const { csr } = newRequest();
    const ask = (body = csr) => est.call('simpleenroll', { label: 'acme', body, user: 'gw-1/WAIT-1' });
    const waiting = await ask();
    expect([waiting.status, waiting.headers['content-type']]).toEqual([202, 'text/plain; charset=utf-8']);
    expect(Number(waiting.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask()).status).toBe(202);
    const [one, ...more] = (await owner.get('/approvals?state=pending')).json().items;
    expect([one.serial, more]).toEqual(['WAIT-1', []]);
    expect(waiting.text).toContain(one.words.join(' '));
    // A changed request is a question of its own.
    expect((await ask(newRequest().csr)).status).toBe(202);
    expect((await owner.get('/approvals?state=pending')).json().items).toHaveLength(2);
    const approved = await owner.post(`/approvals/${one.id}/approve`, { keySha256: one.keySha256 });
    expect(approved.statusCode).toBe(200);
    const answer = await ask();
    expect([answer.status, certificatesIn(answer)]).toEqual([200, [expect.stringContaining('CERTIFICATE')]]);
    expect((await ask()).text).toBe(answer.text);
    await est.rows(`update enrollment_settings set operator_approval = false where tenant_id = 'acme'`);
  });
});

describe('what else EST tells', () => {
  it('is what a request is to be: as the old list, or as a template that names the device', async () => {
    const list = await est.call('csrattrs', { label: 'acme' });
    expect([list.status, list.headers['content-type']]).toEqual([200, 'application/csrattrs']);
    const device = await est.enrolled();
    const template = Buffer.from(
      (await est.call('csrattrs', { label: 'acme.template', as: device.as })).text,
      'base64',
    );
    expect(template.includes(device.deviceId)).toBe(true);
    const open = Buffer.from((await est.call('csrattrs?template')).text, 'base64');
    expect(open.includes(device.deviceId)).toBe(false);
    expect((await est.call('csrattrs', { label: 'nobody' })).status).toBe(404);
  });

  it('is the revocation lists of the tenant', async () => {
    const answer = await est.call('crls', { label: 'acme' });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      200,
      'application/pkcs7-mime; smime-type=crls-only',
    ]);
    expect(Buffer.from(answer.text, 'base64').length).toBeGreaterThan(200);
  });

  it('never makes keys, and takes no other messages', async () => {
    for (const operation of ['serverkeygen', 'fullcmc', 'startssl', 'simpleenroll/x', 'PKIOperation'])
      for (const label of [undefined, 'acme'])
        for (const method of ['GET', 'POST'])
          expect((await est.call(operation, { method, ...(label ? { label } : {}) })).status, operation).toBe(404);
    for (const [operation, method, allow] of [
      ['simpleenroll', 'GET', 'POST'],
      ['simplereenroll', 'PUT', 'POST'],
      ['cacerts', 'POST', 'GET, HEAD'],
      ['csrattrs', 'DELETE', 'GET, HEAD'],
    ] as const) {
      const answer = await est.call(operation, {
        label: 'acme',
        method,
        headers: { 'x-http-method-override': 'POST' },
      });
      expect([answer.status, answer.headers.allow], operation).toEqual([405, allow]);
    }
  });

  it('is why not, as problem+json to who names it and as text to everybody else', async () => {
    const ask = (accept: string) =>
      est.call('simpleenroll', { body: 'x', user: 'm/s', token: 't', headers: { accept } });
    const text = await ask('*/*');
    expect([text.status, text.headers['content-type']]).toEqual([400, 'text/plain; charset=utf-8']);
    expect(text.text).toMatch(/^The certificate request cannot be read: .* \(csr_malformed\)\n$/);
    const problem = await ask('application/problem+json');
    expect([problem.headers['content-type'], problem.json().code]).toEqual([
      expect.stringMatching(/^application\/problem\+json/),
      'csr_malformed',
    ]);
  });
});

it('TLS 1.1 is refused', async () => {
  const fault = await new Promise<Error>((resolve) => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
    connect({ port: est.door.port, host: '127.0.0.1', rejectUnauthorized: false, ...old }).once('error', resolve);
  });
  expect(fault.message).toMatch(/version|alert|protocol/i);
});
