/** What becomes of the next certificate when the one before is taken away. */
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { revokeMany, revokeOne } from '@muster/persistence/certificates/revoke-certificates';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newRequest } from '../device-door/door.harness.js';
import { openRenewals } from './renewal.harness.js';

let test: TestDatabase;
let renewals: Awaited<ReturnType<typeof openRenewals>>;
const clock = new FakeClock(new Date());
const actor = { type: 'system', id: 'test' } as const;

beforeAll(async () => {
  test = await testDatabase();
  renewals = await openRenewals(test.database, clock);
});
afterAll(async () => {
  await renewals?.est.close();
  await test?.drop();
});
beforeEach(() => clock.advance(60_000));

/** A device with the next certificate, which it has not used yet. */
const renewed = async () => {
  const device = await renewals.due();
  const { key, csr } = newRequest(device.deviceId);
  const { status, certificate } = await renewals.doors.json(device.as, csr);
  expect(status).toBe(200);
  return { device, next: { key, cert: certificate as string } };
};

it('goes with it when nobody used it: who held the key that is out may have asked for it', async () => {
  const { device, next } = await renewed();
  expect((await renewals.revoke(device)).statusCode).toBe(200);
  expect(await renewals.statesOf(device)).toEqual(['revoked', 'revoked']);
  expect(await renewals.everywhere(device, next)).toEqual(new Set(['403 certificate_revoked']));
  const letters = await renewals.est.rows(`select 1 from outbox where key = $1 and type = 'certificate.revoked'`, [
    device.deviceId,
  ]);
  expect(letters).toHaveLength(2);
});

it('goes with it among many as well', async () => {
  const { device } = await renewed();
  const order = { actor, reason: 'keyCompromise', comment: null };
  const chosen = { certificateIds: [device.certificateId] };
  expect(await test.database.insist('acme', (tx) => revokeMany(tx, chosen, order, clock.now()))).toEqual({
    revoked: 2,
    devices: 1,
  });
  expect(await renewals.statesOf(device)).toEqual(['revoked', 'revoked']);
});

it('stays when the one before was merely replaced, and when it was used', async () => {
  const [replaced, used] = [await renewed(), await renewed()];
  const reason = { reason: 'superseded' };
  await renewals.est.door.people.as('owner').post(`/certificates/${replaced.device.certificateId}/revoke`, reason);
  expect(await renewals.statesOf(replaced.device)).toEqual(['revoked', 'issued']);
  await renewals.use(used.next.cert);
  await renewals.revoke(used.device);
  expect(await renewals.statesOf(used.device)).toEqual(['revoked', 'active']);
});

it('does not bring it back when it is used at that very moment', async () => {
  const { device, next } = await renewed();
  let use: Promise<void> | undefined;
  await test.database.tenant('acme', async (tx) => {
    await deviceStore.lock(tx, device.deviceId);
    const row = (await certificateStore.lock(tx, device.certificateId))!;
    await revokeOne(tx, row, { actor, reason: 'superseded', comment: null }, clock.now());
    use = renewals.use(next.cert);
    await assertEventually(async () => {
      const waiting = await renewals.est.rows(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(1);
    });
  });
  await use;
  expect(await renewals.statesOf(device)).toEqual(['revoked', 'active']);
});

it('is not given for a key that a person turned away', async () => {
  const owner = renewals.est.door.people.as('owner');
  const { version } = (await owner.get('/enrollment-settings')).json();
  await owner.patch('/enrollment-settings', { operatorApproval: true }, { 'if-match': `"${version}"` });
  const device = await renewals.due();
  const { csr } = newRequest();
  const body = { csr, model: 'gw-1', serial: 'STRANGE', tenant: 'acme' };
  const { approvalId } = (await renewals.est.door.send('POST', '/device/v1/enroll', { body })).json();
  expect((await owner.post(`/approvals/${approvalId}/reject`, { reason: 'not ours' })).statusCode).toBe(200);
  const refused = await renewals.doors.json(device.as, csr);
  expect([refused.status, refused.code]).toEqual([403, 'enrollment_rejected']);
});
