import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SESSION_COOKIE } from '../http/door.guard.js';
import { admit } from '../people.harness.js';
import { openTrustHarness, type TrustHarness } from './trust.harness.js';

let test: TestDatabase;
let trust: TrustHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  trust = await openTrustHarness(test, clock);
});
afterAll(async () => {
  await trust?.close();
  await test?.drop();
});

const certificateOf = async (deviceId: string) => {
  const [row] = await test.database.system((tx) =>
    tx.query<{ id: string; state: string; authorityId: string }>(
      'select id, state, authority_id as "authorityId" from certificates where device_id = $1',
      [deviceId],
    ),
  );
  return row!;
};
const reason = 'keyCompromise' as const;

describe('many certificates', () => {
  it('are revoked by name when two people agree, and nobody else is', async () => {
    const [one, two, bystander] = [await trust.enrol(), await trust.enrol(), await trust.enrol()];
    const certificateIds = [(await certificateOf(one.id)).id, (await certificateOf(two.id)).id];
    const asked = await trust.propose({ kind: 'revoke_many', certificateIds, reason });
    expect((await trust.approve(asked.json().id, 'admin')).json().code).toBe('approval_by_creator');
    expect((await certificateOf(one.id)).state).not.toBe('revoked');
    const done = (await trust.approve(asked.json().id)).json();
    expect(done).toMatchObject({ state: 'applied', outcome: '2 certificates of 2 devices were revoked.' });
    expect(await Promise.all([one, two, bystander].map((device) => trust.isLetIn(device)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('are revoked by who issued them, and the authority of another tenant is not there', async () => {
    const device = await trust.enrol();
    const { authorityId } = await certificateOf(device.id);
    const tokens = await admit(test.database, clock, 'other');
    const stranger = trust.door.people.with({ cookie: `${SESSION_COOKIE}=${tokens.admin}` });
    const change = { kind: 'revoke_many', authorityId, reason };
    expect((await stranger.post('/trust/changes', { change })).statusCode).toBe(404);
    await trust.agree({ kind: 'revoke_many', authorityId, reason });
    expect((await certificateOf(device.id)).state).toBe('revoked');
    expect(await trust.isLetIn(device)).toBe(false);
  });

  it('are named: an order about nothing is refused', async () => {
    const empty = await trust.propose({ kind: 'revoke_many', reason });
    expect([empty.statusCode, empty.json().code]).toEqual([400, 'validation_failed']);
  });
});
