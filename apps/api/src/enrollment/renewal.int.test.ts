import { X509Certificate } from 'node:crypto';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newRequest } from '../device-door/door.harness.js';
import type { EstHarness } from './est/est.harness.js';
import { openRenewals, requestBy } from './renewal.harness.js';

let test: TestDatabase;
let renewals: Awaited<ReturnType<typeof openRenewals>>;
let est: EstHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  renewals = await openRenewals(test.database, clock);
  ({ est } = renewals);
});
afterAll(async () => {
  await est?.close();
  await test?.drop();
});
// Limits by caller are another test's business.
beforeEach(() => clock.advance(60_000));

describe('a renewal on time', () => {
  it('gives a new certificate at every door, the same for the same request, and leaves the old one working', async () => {
    const device = await renewals.due();
    const { csr } = newRequest(device.deviceId);
    const first = await renewals.doors.est(device.as, csr, 'acme');
    expect(first.status, first.answer.text).toBe(200);
    expect(new X509Certificate(first.certificate!).subject).toBe(`CN=${device.deviceId}`);
    // As after a power cut: whichever door is asked again, it is the certificate that was issued.
    expect((await renewals.doors.json(device.as, csr)).certificate).toBe(first.certificate);
    expect((await renewals.doors.est(device.as, csr)).certificate).toBe(first.certificate);
    expect(await renewals.statesOf(device)).toEqual(['active', 'issued']);
  });

  it('is refused early, a hundred times a minute, and nothing is issued', async () => {
    const device = await est.enrolled();
    const codes = new Map<string, number>();
    for (let i = 0; i < 130; i++) {
      const { code } = await renewals.doors.est(device.as, newRequest(device.deviceId).csr);
      codes.set(code!, (codes.get(code!) ?? 0) + 1);
    }
    expect([...codes.keys()]).toEqual(['renewal_too_early', 'rate_limited']);
    expect(await renewals.statesOf(device)).toHaveLength(1);
  });

  it('needs a new key that is nobody else’s, and the name of the device', async () => {
    const device = await renewals.due();
    const { key } = device.as;
    const other = await est.enrolled();
    expect((await renewals.doors.est(device.as, requestBy(key, device.deviceId))).code).toBe('key_reused');
    expect((await renewals.doors.est(device.as, requestBy(other.as.key, device.deviceId))).code).toBe('key_in_use');
    expect((await renewals.doors.est(device.as, newRequest(other.deviceId).csr)).code).toBe('identity_mismatch');
    expect((await renewals.doors.est(device.as, newRequest(device.serial).csr)).code).toBe('identity_mismatch');
    expect((await renewals.doors.est(device.as, newRequest().csr)).code).toBe('identity_mismatch');
    await renewals.use((await renewals.doors.est(device.as, newRequest(device.deviceId).csr)).certificate!);
    expect(await renewals.statesOf(device)).toEqual(['superseded', 'active']);
  });

  it('of two at once with different keys one wins', async () => {
    const device = await renewals.due();
    const answers = await Promise.all(
      [1, 2, 3].map(() => renewals.doors.est(device.as, newRequest(device.deviceId).csr)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(await renewals.statesOf(device)).toEqual(['active', 'issued']);
    clock.advance(61_000);
    expect((await renewals.doors.est(device.as, newRequest(device.deviceId).csr)).status).toBe(200);
    expect(await renewals.statesOf(device)).toEqual(['active', 'revoked', 'issued']);
  });

  it('is itself a use of the certificate it is made with, where no broker of ours saw one', async () => {
    const device = await est.enrolled();
    await est.openWindow(device.deviceId);
    expect((await renewals.doors.est(device.as, newRequest(device.deviceId).csr)).status).toBe(200);
    expect(await renewals.statesOf(device)).toEqual(['active', 'issued']);
  });

  it('ignores what time the device believes it is', async () => {
    const device = await renewals.due();
    const headers = { date: 'Thu, 01 Jan 1970 00:00:00 GMT' };
    const answer = await est.call('simplereenroll', { as: device.as, body: newRequest(device.deviceId).csr, headers });
    expect([answer.status, Date.parse(answer.headers.date as string) > 1e12]).toEqual([200, true]);
  });
});

describe('a certificate the device has moved on from', () => {
  it('is told of the newer one for a quarter of an hour, and is out afterwards', async () => {
    const device = await renewals.due();
    const renewed = await renewals.doors.est(device.as, newRequest(device.deviceId).csr);
    await renewals.use(renewed.certificate!);
    const told = await renewals.doors.json(device.as, newRequest(device.deviceId).csr);
    expect([told.status, told.code, told.answer.json().facts.newerState]).toEqual([409, 'conflict', 'active']);
    clock.advance(16 * 60_000);
    expect(await renewals.everywhere(device)).toEqual(new Set(['403 certificate_revoked']));
  });
});

describe('a certificate past its end', () => {
  it('renews once inside the grace, at every door, and the renewal says that it was late', async () => {
    const device = await renewals.ended(29);
    const { csr } = newRequest(device.deviceId);
    const renewed = await renewals.doors.est(device.as, csr);
    expect(renewed.status, renewed.answer.text).toBe(200);
    expect((await renewals.doors.json(device.as, csr)).certificate).toBe(renewed.certificate);
    const [row] = await est.rows('select late, source from certificates where device_id = $1 order by id desc', [
      device.deviceId,
    ]);
    expect(row).toEqual({ late: true, source: 'renewal' });
    const [audit] = await est.rows<{ late: boolean }>(
      `select (canonical::jsonb->'after'->>'late')::boolean as late from audit_entries
       where action = 'certificate.renewed' and resource = $1`,
      [`device:${device.deviceId}`],
    );
    expect(audit?.late).toBe(true);
    await renewals.use(renewed.certificate!);
    clock.advance(16 * 60_000);
    expect(await renewals.everywhere(device)).toEqual(new Set(['403 certificate_revoked']));
  });

  it('waits for a person beyond the grace, and is renewed once one approved', async () => {
    const device = await renewals.ended(31);
    const { csr } = newRequest(device.deviceId);
    const waiting = await renewals.doors.json(device.as, csr);
    expect([waiting.status, waiting.answer.json().pending]).toEqual([202, true]);
    expect(Number(waiting.answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await renewals.doors.est(device.as, csr)).status).toBe(202);
    const { approvalId } = waiting.answer.json();
    const owner = est.door.people.as('owner');
    const asked = (await owner.get(`/approvals/${approvalId}`)).json();
    expect(asked).toMatchObject({ kind: 'late_renewal', deviceId: device.deviceId, state: 'pending' });
    await owner.post(`/approvals/${approvalId}/approve`, { keySha256: asked.keySha256 });
    const renewed = await renewals.doors.est(device.as, csr);
    expect(renewed.status, renewed.answer.text).toBe(200);
    expect((await renewals.doors.est(device.as, csr)).certificate).toBe(renewed.certificate);
    expect(await renewals.statesOf(device)).toHaveLength(2);
  });

  it('has the grace and the life its tenant set', async () => {
    const device = await renewals.ended(2);
    await est.rows(`insert into enrollment_settings (tenant_id, grace_s, leaf_life_s) values ('acme', 86400, 3600)
      on conflict (tenant_id) do update set grace_s = 86400, leaf_life_s = 3600`);
    expect((await renewals.doors.est(device.as, newRequest(device.deviceId).csr)).status).toBe(202);
    const short = await renewals.due();
    const { certificate } = await renewals.doors.est(short.as, newRequest(short.deviceId).csr);
    const { validToDate } = new X509Certificate(certificate!);
    expect((validToDate.getTime() - clock.now().getTime()) / 1000).toBeCloseTo(3600, -1);
    await est.rows(`update enrollment_settings set grace_s = 2592000, leaf_life_s = 7776000`);
  });
});

it('a certificate that really ended renews over the wire, ten days late', async () => {
  const device = await est.enrolled();
  await renewals.use(device.as.cert);
  clock.advance(100 * 86_400_000);
  const renewed = await renewals.doors.est(device.as, newRequest(device.deviceId).csr, 'acme');
  expect(renewed.status, renewed.answer.text).toBe(200);
  const { validFromDate } = new X509Certificate(renewed.certificate!);
  expect(Math.abs(validFromDate.getTime() - clock.now().getTime())).toBeLessThan(2 * 3_600_000);
});
