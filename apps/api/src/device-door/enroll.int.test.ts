import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { fetchPinnedRoot } from '@muster/pki/client/fetch-pinned-root';
import { toPem } from '@muster/pki/der/pem';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { type DoorHarness, identityOf, newRequest, openDoorHarness } from './door.harness.js';

let test: TestDatabase;
let door: DoorHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  door = await openDoorHarness(test.database, clock, [DevicesModule]);
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});

let count = 0;
const claim = (changes: object = {}) => ({ ...newRequest(), model: 'gw-1', serial: `S-${++count}`, ...changes });
const codeOf = async (sent: Promise<{ status: number; json(): { code?: string } }>) => {
  const answer = await sent;
  return answer.status === 200 ? 'ok' : answer.json().code;
};
const rows = <R>(sql: string, params: unknown[] = []) => test.database.system((tx) => tx.query<R>(sql, params));

describe('enrolment', () => {
  it('turns one URL and one token into an identity', async () => {
    const made = await door.token({ site: 'north', labels: { rack: 'a' } });
    expect(made.command).toContain('npx http://localhost:8080/agent/muster-agent.tgz --url https://localhost:8443');
    const { rootSha256 } = parseEnrollmentToken(made.token)!;
    const root = await fetchPinnedRoot({ host: '127.0.0.1', port: door.port }, rootSha256);
    expect(new X509Certificate(root).subject).toContain('Muster Root CA 1');

    const { key, ...body } = claim({ hardwareRevision: 'B' });
    const answer = (await door.enroll(made.token, body)).json();
    expect(answer).toMatchObject({
      tenant: 'acme',
      mqttUrl: 'mqtts://localhost:8883',
      topicPrefix: `muster/v1/acme/${answer.deviceId}`,
      serverTime: clock.now().toISOString(),
    });
    const leaf = new X509Certificate(answer.certificate);
    expect(leaf.subject).toBe(`CN=${answer.deviceId}`);
    expect(leaf.subjectAltName).toBe(`URI:spiffe://muster/t/acme/d/${answer.deviceId}`);
    expect(leaf.checkIssued(new X509Certificate(answer.chain[0]))).toBe(true);
    expect(answer.trust.keys.map(({ use }: { use: string }) => use).sort()).toEqual(['command', 'manifest', 'trust']);
    const device = (await door.people.as('viewer').get(`/devices/${answer.deviceId}`)).json();
    expect(device).toMatchObject({ state: 'active', site: 'north', labels: { rack: 'a' }, hardwareRevision: 'B' });
    expect(key).toContain('PRIVATE');
  });

  it('shows how far an enrolment got, and why one was refused', async () => {
    const made = await door.token({ model: 'gw-1' });
    const steps = async () => (await door.people.as('viewer').get(`/enrollment-tokens/${made.id}`)).json().steps;
    expect(await steps()).toMatchObject({ deviceId: null, tokenUsedAt: null, refusals: [] });
    expect(await codeOf(door.enroll(made.token, claim({ model: 'gw-2' })))).toBe('identity_mismatch');
    const answer = (await door.enroll(made.token, claim())).json();
    expect(await steps()).toMatchObject({
      deviceId: answer.deviceId,
      certificateIssuedAt: clock.now().toISOString(),
      connectedAt: null,
      refusals: [{ code: 'identity_mismatch', detail: 'The token is for another hardware model.' }],
    });
  });

  it('lets exactly one of many parallel users of a one-time token in, and leaves nothing of the others', async () => {
    const made = await door.token();
    const serials = Array.from({ length: 12 }, (_, i) => `P-${i}`);
    const answers = await Promise.all(serials.map((serial) => codeOf(door.enroll(made.token, claim({ serial })))));
    expect(answers.filter((code) => code === 'ok')).toHaveLength(1);
    expect(answers.filter((code) => code === 'token_spent')).toHaveLength(11);
    expect(await rows(`select from devices where serial like 'P-%'`)).toHaveLength(1);
    expect(await rows(`select from certificates where token_id = $1`, [made.id])).toHaveLength(1);
  });

  it('answers the same key again with the same certificate, as after a power cut', async () => {
    const made = await door.token();
    const body = claim();
    const answers = await Promise.all([door.enroll(made.token, body), door.enroll(made.token, body)]);
    const [first, second] = answers.map((answer) => answer.json());
    expect(second.certificate).toBe(first.certificate);
    expect(await codeOf(door.enroll(made.token, { ...body, serial: 'another' }))).toBe('key_in_use');
    expect(await codeOf(door.enroll((await door.token({ serial: body.serial })).token, body))).toBe('key_reused');
    clock.advance(901_000);
    expect(await codeOf(door.enroll(made.token, body))).toBe('token_expired');
  });

  it('takes over the record of a device registered before', async () => {
    const device = { name: 'Boiler 7', serial: 'PRE-1', model: 'gw-1', class: 'gateway' };
    const made = (await door.people.as('admin').post('/devices', device)).json();
    expect(made.state).toBe('pre_registered');
    const answer = (await door.enroll((await door.token()).token, claim({ serial: 'PRE-1' }))).json();
    expect(answer.deviceId).toBe(made.id);
    const now = (await door.people.as('viewer').get(`/devices/${made.id}`)).json();
    expect(now).toMatchObject({ name: 'Boiler 7', state: 'active' });
  });

  it('refuses a serial number that is enrolled, but for a token made for it', async () => {
    await door.enroll((await door.token()).token, claim({ serial: 'TWICE' }));
    expect(await codeOf(door.enroll((await door.token()).token, claim({ serial: 'TWICE' })))).toBe('already_exists');
    const bound = await door.token({ serial: 'TWICE' });
    expect(await codeOf(door.enroll(bound.token, claim({ serial: 'TWICE' })))).toBe('ok');
  });

  it('never revives a quarantined or decommissioned device', async () => {
    for (const verb of ['quarantine', 'decommission']) {
      const serial = `OUT-${verb}`;
      const { deviceId } = (await door.enroll((await door.token()).token, claim({ serial }))).json();
      const admin = door.people.as('owner');
      const etag = (await admin.get(`/devices/${deviceId}`)).headers.etag as string;
      const moved = await admin.post(`/devices/${deviceId}/${verb}`, { reason: 'test' }, { 'if-match': etag });
      expect(moved.statusCode).toBe(200);
      for (const options of [{}, { serial }]) {
        const made = await door.token(options);
        expect(await codeOf(door.enroll(made.token, claim({ serial })))).toBe('device_tombstoned');
      }
    }
  });

  it('refuses without a credential, with a wrong, expired or revoked one, and slows guessing down', async () => {
    const made = await door.token();
    const none = await door.send('POST', '/device/v1/enroll', { body: claim() });
    expect(none.status).toBe(401);
    expect(none.headers['www-authenticate']).toContain('Bearer');
    const revoked = await door.token();
    await door.people.as('admin').post(`/enrollment-tokens/${revoked.id}/revoke`);
    expect(await codeOf(door.enroll(revoked.token, claim()))).toBe('token_invalid');
    const late = await door.token({ expiresInS: 60 });
    clock.advance(61_000);
    expect(await codeOf(door.enroll(late.token, claim()))).toBe('token_expired');
    const wrong = made.token.replace(/_[a-z0-9]{32}_/, `_${'a'.repeat(32)}_`);
    const guesses: (string | undefined)[] = [];
    for (let i = 0; i < 12; i++) guesses.push(await codeOf(door.enroll(wrong, claim())));
    expect(guesses[0]).toBe('token_invalid');
    expect(guesses.at(-1)).toBe('rate_limited');
    clock.advance(60_000);
    expect(await codeOf(door.enroll(made.token, claim()))).toBe('ok');
  });

  it('refuses bad requests by name and spends nothing', async () => {
    const made = await door.token();
    const other = newRequest('01970000-0000-7000-8000-00000000ffff');
    expect(await codeOf(door.enroll(made.token, claim({ csr: other.csr })))).toBe('identity_mismatch');
    expect(await codeOf(door.enroll(made.token, claim({ csr: 'hello' })))).toBe('csr_malformed');
    const bytes = Buffer.from(newRequest().csr.split('\n').slice(1, -2).join(''), 'base64');
    const trailing = toPem('CERTIFICATE REQUEST', Buffer.concat([bytes, Buffer.from([0])]));
    expect(await codeOf(door.enroll(made.token, claim({ csr: trailing })))).toBe('csr_not_der');
    expect(await codeOf(door.enroll(made.token, { serial: 'x' }))).toBe('validation_failed');
    expect((await door.enroll(made.token, claim({ csr: 'A'.repeat(40_000) }))).status).toBe(413);
    const [token] = await rows<{ uses: number }>('select uses from enrollment_tokens where id = $1', [made.id]);
    expect(token?.uses).toBe(0);
  });

  it('refuses a key another device or another tenant used', async () => {
    const body = claim();
    await door.enroll((await door.token()).token, body);
    expect(await codeOf(door.enroll((await door.token()).token, { ...body, serial: 'thief' }))).toBe('key_in_use');
  });
});

describe('the door itself', () => {
  it('speaks TLS 1.2 and later only', async () => {
    const fault = await new Promise<Error>((resolve) => {
      const socket = connect({
        port: door.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
      });
      socket.once('error', resolve);
    });
    expect(fault.message).toMatch(/version|alert|protocol/i);
  });

  it('writes what brokers and the worker read', () => {
    for (const name of [
      'root.pem',
      'broker-trust.pem',
      'service-trust.pem',
      'broker.crl',
      'broker.crt',
      'broker.key',
      'api.crt',
      'service.crt',
      'service.key',
    ]) {
      expect(existsSync(join(door.data, 'tls', name)), name).toBe(true);
    }
  });

  it('keeps hierarchy and certificates across a restart', async () => {
    const again = await door.identity.files.refresh();
    expect(again.cert).toBe(door.tls.cert);
    expect(await rows(`select from authorities where kind in ('root', 'server', 'service', 'bootstrap')`)).toHaveLength(
      4,
    );
  });

  it('does not believe a certificate in a header', async () => {
    const answer = await door.send('POST', '/device/v1/renew', {
      body: { csr: 'x' },
      headers: { 'x-client-cert': 'x' },
    });
    expect(answer.status).toBe(401);
  });
});

describe('renewal', () => {
  const enrolled = async () => {
    const { key, ...body } = claim();
    const answer = (await door.enroll((await door.token()).token, body)).json();
    return { deviceId: answer.deviceId as string, as: identityOf(key, answer), answer };
  };
  const renew = (as: { key: string; cert: string }, csr: string) =>
    door.send('POST', '/device/v1/renew', { as, body: { csr } });
  const day = 86_400_000;

  it('is refused early, open on request, and answers the same key with the same certificate', async () => {
    const { deviceId, as } = await enrolled();
    const next = newRequest(deviceId);
    expect(await codeOf(renew(as, next.csr))).toBe('renewal_too_early');
    const asked = await door.people.as('owner').post(`/devices/${deviceId}/certificates/renew`);
    expect(asked.json().renewFrom).toBe(clock.now().toISOString());
    const first = (await renew(as, next.csr)).json();
    const second = (await renew(as, next.csr)).json();
    expect(second.certificate).toBe(first.certificate);
    expect(first.deviceId).toBe(deviceId);
    expect(await codeOf(renew(as, newRequest(deviceId).csr))).toBe('conflict');
    const list = (await door.people.as('viewer').get(`/devices/${deviceId}/certificates`)).json();
    expect(list.items.map(({ state }: { state: string }) => state)).toEqual(['issued', 'active']);
    const old = await codeOf(renew(identityOf(next.key, first), newRequest(deviceId).csr));
    expect(old).toBe('renewal_too_early');
  });

  it('needs a new key, and a subject that is the device', async () => {
    const { deviceId, as } = await enrolled();
    await door.people.as('owner').post(`/devices/${deviceId}/certificates/renew`);
    expect(await codeOf(renew(as, newRequest('01970000-0000-7000-8000-00000000ffff').csr))).toBe('identity_mismatch');
    const { key, ...body } = claim();
    const made = await door.token();
    const answer = (await door.enroll(made.token, body)).json();
    await door.people.as('owner').post(`/devices/${answer.deviceId}/certificates/renew`);
    expect(await codeOf(renew(identityOf(key, answer), body.csr))).toBe('key_reused');
  });

  it('is refused to a revoked certificate at once, and the revocation list names it', async () => {
    const { deviceId, as } = await enrolled();
    const [certificate] = (await door.people.as('viewer').get(`/devices/${deviceId}/certificates`)).json().items;
    const revoked = await door.people
      .as('owner')
      .post(`/certificates/${certificate.id}/revoke`, { reason: 'keyCompromise' });
    expect(revoked.json()).toMatchObject({ state: 'revoked', reasonCode: 'keyCompromise' });
    expect(await codeOf(renew(as, newRequest(deviceId).csr))).toBe('certificate_revoked');
    const again = await door.people
      .as('owner')
      .post(`/certificates/${certificate.id}/revoke`, { reason: 'keyCompromise' });
    expect(again.json().code).toBe('transition_refused');
    clock.advance(10_000);
    expect((await door.send('GET', '/device/v1/crl')).text).toContain('BEGIN X509 CRL');
    const letters = await rows(`select from outbox where type = 'certificate.revoked' and key = $1`, [deviceId]);
    expect(letters).toHaveLength(1);
  });

  it('comes late from a genuine certificate past its end, for thirty days', async () => {
    const { deviceId, as } = await enrolled();
    const [unknown, sleeper] = [await enrolled(), await enrolled()];
    await rows('update certificates set fingerprint = $2 where device_id = $1', [unknown.deviceId, 'f'.repeat(64)]);
    clock.advance(100 * day);
    expect(await codeOf(renew(as, newRequest(deviceId).csr))).toBe('ok');
    expect(await codeOf(renew(unknown.as, newRequest(unknown.deviceId).csr))).toBe('certificate_unknown');
    const [kept] = await rows<{ after: { late: boolean } }>(
      `select canonical::jsonb->'after' as after from audit_entries where action = 'certificate.renewed' and resource = $1`,
      [`device:${deviceId}`],
    );
    expect(kept?.after.late).toBe(true);
    clock.advance(21 * day);
    const beyond = newRequest(sleeper.deviceId).csr;
    const asked = await renew(sleeper.as, beyond);
    expect([asked.status, asked.json().pending, asked.json().words.length]).toEqual([202, true, 6]);
  });
});
