import { X509Certificate } from 'node:crypto';
import type { CreatedClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import { openssl } from '@muster/pki/fixtures/openssl';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { type ClientIdentity, type DoorHarness, newRequest, openDoorHarness } from './door.harness.js';

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

const admin = () => door.people.as('admin');
const batch = async (options: object = {}): Promise<CreatedClaimBatch> => {
  const made = await admin().post('/claim-batches', { name: 'Line 4', quota: 10, ...options });
  expect(made.statusCode, made.body).toBe(201);
  return made.json();
};
const holder = ({ certificate, chain, key }: CreatedClaimBatch): ClientIdentity => ({
  key: key!,
  cert: [certificate, ...chain].join(''),
});
let count = 0;
const device = (changes: object = {}) => {
  const { csr } = newRequest();
  return { csr, model: 'gw-1', serial: `C-${++count}`, ...changes };
};
const enroll = (as: ClientIdentity, body: object) => door.send('POST', '/device/v1/enroll', { as, body });
const codeOf = async (sent: ReturnType<typeof enroll>) => {
  const answer = await sent;
  return answer.status === 200 ? 'ok' : answer.status === 202 ? 'pending' : answer.json().code;
};
const shown = async ({ id }: CreatedClaimBatch) => (await admin().get(`/claim-batches/${id}`)).json();

describe('a claim certificate', () => {
  it('lets listed serial numbers in, at the place of the batch, and counts them', async () => {
    const made = await batch({ serials: ['L-1', 'L-2'], site: 'north', labels: { line: '4' }, class: 'meter' });
    const answer = await enroll(holder(made), device({ serial: 'L-1' }));
    expect(answer.status, answer.text).toBe(200);
    const { deviceId } = answer.json();
    expect((await admin().get(`/devices/${deviceId}`)).json()).toMatchObject({ site: 'north', class: 'meter' });
    expect(await shown(made)).toMatchObject({ enrolled: 1, enrolledLastHour: 1, listedSerials: 2, pending: 0 });
    const { items } = (await admin().get(`/claim-batches/${made.id}/serials`)).json();
    expect(items).toMatchObject([
      { serial: 'L-1', deviceId, usedAt: expect.any(String) },
      { serial: 'L-2', deviceId: null, usedAt: null },
    ]);
    const { items: certificates } = (await admin().get(`/devices/${deviceId}/certificates`)).json();
    expect(certificates).toMatchObject([{ source: 'claim' }]);
  });

  it('answers the same key again with the same certificate, spending the quota once', async () => {
    const made = await batch({ serials: ['R-1'], quota: 1 });
    const body = device({ serial: 'R-1' });
    const [first, second] = await Promise.all([enroll(holder(made), body), enroll(holder(made), body)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.json().certificate).toBe(first.json().certificate);
    expect((await shown(made)).enrolled).toBe(1);
    await admin().post(`/claim-batches/${made.id}/revoke`);
    expect(await codeOf(enroll(holder(made), body))).toBe('certificate_unknown');
  });

  it('holds its quota in all and by the hour, whoever comes at the same time (row 32)', async () => {
    const serials = Array.from({ length: 12 }, (_, i) => `Q-${i}`);
    const made = await batch({ serials, quota: 5, hourlyQuota: 3 });
    const rush = await Promise.all(serials.map((serial) => codeOf(enroll(holder(made), device({ serial })))));
    expect(rush.filter((code) => code === 'ok')).toHaveLength(3);
    expect(rush.filter((code) => code === 'quota_exceeded')).toHaveLength(9);
    clock.advance(3_600_001);
    const left = serials.filter((_, i) => rush[i] !== 'ok');
    const later = [];
    for (const serial of left) later.push(await codeOf(enroll(holder(made), device({ serial }))));
    expect(later.filter((code) => code === 'ok')).toHaveLength(2);
    expect(later.at(-1)).toBe('quota_exceeded');
    const refused = await enroll(holder(made), device({ serial: left.at(-1)! }));
    expect(refused.status).toBe(429);
    expect((await shown(made)).enrolled).toBe(5);
    clock.advance(600_000);
  });

  it('puts a serial number that is not listed before a person, or refuses it (row 33)', async () => {
    const made = await batch({ serials: ['K-1'] });
    const stranger = device({ serial: 'STRANGER' });
    const waiting = await enroll(holder(made), stranger);
    expect(waiting.status).toBe(202);
    expect(waiting.headers['retry-after']).toBe('15');
    expect(waiting.json()).toMatchObject({ pending: true, retryAfterS: 15, words: expect.any(Array) });
    expect((await shown(made)).pending).toBe(1);
    const { approvalId } = waiting.json();
    const approval = (await admin().get(`/approvals/${approvalId}`)).json();
    expect(approval).toMatchObject({ kind: 'claim', via: 'Line 4', serial: 'STRANGER', words: waiting.json().words });
    await admin().post(`/approvals/${approvalId}/approve`, { keySha256: approval.keySha256 });
    const let_in = await enroll(holder(made), stranger);
    expect(let_in.status, let_in.text).toBe(200);
    expect((await shown(made)).enrolled).toBe(1);
    const strict = await batch({ unlisted: 'refuse' });
    expect(await codeOf(enroll(holder(strict), device()))).toBe('claim_refused');
    await admin().post(`/claim-batches/${strict.id}/serials`, { serials: ['LATE-1'] });
    expect(await codeOf(enroll(holder(strict), device({ serial: 'LATE-1' })))).toBe('ok');
  });

  it('is over after its end and after it was revoked; who enrolled with it stays (row 32)', async () => {
    const made = await batch({ serials: ['E-1', 'E-2'], expiresInS: 3600 });
    expect(await codeOf(enroll(holder(made), device({ serial: 'E-1', model: 'gw-1' })))).toBe('ok');
    clock.advance(3_700_000);
    const late = await enroll(holder(made), device({ serial: 'E-2' }));
    expect([late.status, late.json().code]).toEqual([401, 'certificate_expired']);
    const revoked = await batch({ serials: ['E-3'] });
    await admin().post(`/claim-batches/${revoked.id}/revoke`);
    const out = await enroll(holder(revoked), device({ serial: 'E-3' }));
    expect([out.status, out.json().code]).toEqual([401, 'certificate_unknown']);
    const added = await admin().post(`/claim-batches/${revoked.id}/serials`, { serials: ['E-4'] });
    expect(added.json().code).toBe('conflict');
  });

  it('does not take over a device that is enrolled, listed or not', async () => {
    await door.enroll((await door.token()).token, device({ serial: 'TAKEN' }));
    const made = await batch({ serials: ['TAKEN'] });
    expect(await codeOf(enroll(holder(made), device({ serial: 'TAKEN' })))).toBe('already_exists');
    expect((await shown(made)).enrolled).toBe(0);
  });

  it('opens no other door (row 31)', async () => {
    const made = await batch();
    const as = holder(made);
    const tried = [
      await door.send('POST', '/device/v1/renew', { as, body: { csr: newRequest().csr } }),
      await door.send('GET', '/device/v1/renewal-info', { as }),
    ];
    expect(tried.map((answer) => [answer.status, answer.json().code])).toEqual(tried.map(() => [403, 'claim_refused']));
  });

  it('says what OpenSSL expects of it, and comes as PKCS #12 or for a key made elsewhere', async () => {
    const made = await batch({ pkcs12Password: 'correct horse' });
    const leaf = new X509Certificate(made.certificate);
    expect(leaf.subject).toBe(`CN=${made.id}`);
    const root = (await door.identity.door.hierarchy.root()).pem;
    const files = { 'leaf.pem': made.certificate, 'ca.pem': made.chain[0]!, 'root.pem': root };
    const verified = openssl(
      files,
      ...[
        'verify',
        '-x509_strict',
        '-attime',
        String(Math.floor(clock.now().getTime() / 1000)),
        '-purpose',
        'sslclient',
        '-CAfile',
        '@root.pem',
        '-untrusted',
        '@ca.pem',
        '@leaf.pem',
      ],
    );
    expect(verified, verified.output).toMatchObject({ code: 0 });
    const packed = { 'claim.p12': Buffer.from(made.pkcs12!, 'base64') };
    const read = openssl(packed, 'pkcs12', '-in', '@claim.p12', '-passin', 'pass:correct horse', '-nodes');
    expect(read.output).toContain('PRIVATE KEY');
    const own = newRequest();
    const given = await batch({ csr: own.csr });
    expect(given).toMatchObject({ key: null, pkcs12: null });
    expect(await codeOf(enroll({ ...holder({ ...given, key: own.key }) }, device()))).toBe('pending');
    const both = await admin().post('/claim-batches', {
      name: 'x',
      quota: 1,
      csr: own.csr,
      pkcs12Password: 'password',
    });
    expect(both.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/pkcs12Password' }] });
    const [kept] = await test.database.system((tx) =>
      tx.query<{ row: string }>('select b::text as row from claim_batches b where id = $1', [made.id]),
    );
    expect(kept!.row).not.toContain('PRIVATE');
  });
});
