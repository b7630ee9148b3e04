import { createHash, createPublicKey } from 'node:crypto';
import { readRequestClaims } from '@muster/pki/csr/accept-request';
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
let count = 0;
const made = (changes: object = {}) => {
  const { key, csr } = newRequest();
  const { keyHash } = readRequestClaims(csr);
  return { key, keyHash, claim: { csr, model: 'kx-1', serial: `K-${++count}`, ...changes } };
};
const rowOf = ({ keyHash, claim: { model, serial } }: ReturnType<typeof made>, changes: object = {}) => ({
  ...{ model, serial, keySha256: keyHash, ...changes },
});
const register = async (rows: object[], as = owner()) => {
  const answer = await as.post('/registered-keys/bulk', { rows });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
};
const enroll = (body: object) => door.send('POST', '/device/v1/enroll', { body });
const codeOf = async (sent: ReturnType<typeof enroll>) => {
  const answer = await sent;
  return answer.status === 200 ? 'ok' : answer.json().code;
};

describe('a registered key', () => {
  it('lets its device in at its place, and nobody else and nothing else', async () => {
    const device = made();
    const { rows } = await register([rowOf(device, { site: 'north', labels: { rack: '7' }, name: 'Pump 7' })]);
    const { deviceId } = rows[0];
    expect((await owner().get(`/devices/${deviceId}`)).json().state).toBe('pre_registered');
    expect(await codeOf(enroll({ ...device.claim, serial: 'OTHER' }))).toBe('identity_mismatch');
    expect(await codeOf(enroll({ ...device.claim, tenant: 'globex' }))).toBe('unauthenticated');
    const answer = await enroll(device.claim);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json().deviceId).toBe(deviceId);
    expect((await owner().get(`/devices/${deviceId}`)).json()).toMatchObject({ name: 'Pump 7', site: 'north' });
    expect((await enroll(device.claim)).json().certificate).toBe(answer.json().certificate);
    const listed = (await owner().get('/registered-keys')).json().items[0];
    expect(listed).toMatchObject({ deviceId, keySha256: device.keyHash, usedAt: clock.now().toISOString() });
    expect(await codeOf(enroll(made().claim))).toBe('unauthenticated');
  });

  it('is read from a public key as well as from its SHA-256, and rows fail alone', async () => {
    const [good, taken] = [made(), made()];
    const publicKey = createPublicKey(good.key).export({ type: 'spki', format: 'pem' }) as string;
    const report = await register([
      { model: 'kx-1', serial: good.claim.serial, publicKey },
      { model: 'kx-1', serial: 'BAD', keySha256: 'xyz' },
      { model: 'kx-1', serial: 'BAD', publicKey: 'hello' },
      rowOf(taken),
      rowOf(taken, { serial: 'SECOND' }),
    ]);
    expect(report).toMatchObject({ created: 2, existing: 0, failed: 3 });
    expect(report.rows.map(({ message }: { message: string | null }) => message)).toEqual([
      null,
      'keySha256: 64 lower-case hex digits',
      'publicKey: is neither PEM nor base64',
      null,
      'the key belongs to another device',
    ]);
    expect(await codeOf(enroll(good.claim))).toBe('ok');
    const again = await register([rowOf(taken), rowOf(good)]);
    expect(again).toMatchObject({ created: 0, existing: 2, failed: 0 });
    const csv = `model,serial,keySha256,label.rack\nkx-1,CSV-1,${made().keyHash},r1\nkx-1,CSV-2,nothing,\n`;
    const read = (await owner().post('/registered-keys/bulk', { csv })).json();
    expect(read).toMatchObject({ created: 1, failed: 1, rows: [{ row: 1, outcome: 'created' }, { row: 2 }] });
    expect((await owner().post('/registered-keys/bulk', { csv, rows: [{}] })).json().code).toBe('validation_failed');
  });

  it('is one of five thousand in one go, and the same again changes nothing', async () => {
    const key = (i: number) => createHash('sha256').update(String(i)).digest('hex');
    const many = Array.from({ length: 5000 }, (_, i) => ({ model: 'many', serial: `N-${i}`, keySha256: key(i) }));
    expect(await register(many)).toMatchObject({ created: 5000, existing: 0, failed: 0 });
    expect(await register(many)).toMatchObject({ created: 0, existing: 5000, failed: 0 });
  });

  it('is one device of one tenant (row 16), and holds this device to it', async () => {
    const device = made();
    await register([rowOf(device)]);
    const theirs = await register([rowOf(device)], stranger);
    expect(theirs.rows).toMatchObject([{ outcome: 'failed', message: 'the key belongs to another device' }]);
    const { token } = await door.token();
    expect(await codeOf(door.enroll(token, { ...device.claim, csr: newRequest().csr }))).toBe('identity_mismatch');
    const bound = await door.token({ serial: device.claim.serial });
    expect(await codeOf(door.enroll(bound.token, { ...device.claim, csr: newRequest().csr }))).toBe('ok');
  });

  it('lets nobody in once it is revoked', async () => {
    const device = made();
    await register([rowOf(device)]);
    const { items } = (await owner().get('/registered-keys')).json();
    const revoked = await owner().post(`/registered-keys/${items[0].id}/revoke`);
    expect(revoked.json().revokedAt).toBe(clock.now().toISOString());
    const refused = await enroll(device.claim);
    expect([refused.status, refused.json().code]).toEqual([401, 'unauthenticated']);
    expect(await register([rowOf(device)])).toMatchObject({ failed: 1 });
  });
});

describe('tokens in bulk', () => {
  it('are bound to their serial numbers, one use each, with a report per row', async () => {
    const csv = 'serial,model,label.rack\nB-1,gw-1,r1\nB-2,,\n,gw-1,\nB-1,gw-1,\n';
    const report = (await owner().post('/enrollment-tokens/bulk', { csv })).json();
    expect(report).toMatchObject({ created: 2, failed: 2 });
    expect(report.rows.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      ...['created', 'created', 'failed', 'failed'],
    ]);
    const [first] = report.rows;
    const claim = { csr: newRequest().csr, model: 'gw-1', serial: 'B-9' };
    expect(await codeOf(door.enroll(first.token, claim))).toBe('identity_mismatch');
    const answer = (await door.enroll(first.token, { ...claim, serial: 'B-1' })).json();
    expect((await owner().get(`/devices/${answer.deviceId}`)).json().labels).toEqual({ rack: 'r1' });
    expect(await codeOf(door.enroll(first.token, { ...claim, csr: newRequest().csr, serial: 'B-1' }))).toBe(
      'token_spent',
    );
    const kept = await test.database.system((tx) =>
      tx.query<{ text: string }>(`select t::text as text from enrollment_tokens t
        union all select a::text from audit_entries a union all select o::text from outbox o`),
    );
    const secret = first.token.split('_')[2];
    expect(kept.filter(({ text }) => text.includes(secret))).toEqual([]);
  });

  it('are five thousand in one go', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({ serial: `MANY-${i}` }));
    const report = (await owner().post('/enrollment-tokens/bulk', { rows })).json();
    expect(report).toMatchObject({ created: 5000, failed: 0 });
    const refused = await owner().post('/enrollment-tokens/bulk', { rows: [...rows, { serial: 'x' }] });
    expect(refused.json().code).toBe('validation_failed');
  });
});

describe('a permission to come back', () => {
  const enrolled = async () => {
    const device = made();
    const { token } = await door.token();
    const answer = await door.enroll(token, device.claim);
    expect(answer.status, answer.text).toBe(200);
    return { ...device, deviceId: answer.json().deviceId as string };
  };
  const move = async (deviceId: string, verb: string) => {
    const { etag } = (await owner().get(`/devices/${deviceId}`)).headers;
    const moved = await owner().post(`/devices/${deviceId}/${verb}`, { reason: 'x' }, { 'if-match': etag as string });
    expect(moved.statusCode, moved.body).toBe(200);
  };
  const readmit = (deviceId: string, as = owner()) => as.post(`/devices/${deviceId}/readmit`, { reason: 'repaired' });
  const comeBack = async (claim: object, options: object = {}) =>
    codeOf(door.enroll((await door.token(options)).token, { ...claim, csr: newRequest().csr }));

  it('is what every device that is out needs, and one use spends it (row 42)', async () => {
    const out: Record<string, (deviceId: string) => Promise<unknown>> = {
      quarantined: (deviceId) => move(deviceId, 'quarantine'),
      decommissioned: async (deviceId) => {
        await move(deviceId, 'decommission');
        await test.database.system((tx) =>
          tx.query(`update devices set state = 'decommissioned' where id = $1`, [deviceId]),
        );
      },
      revoked: async (deviceId) => {
        const { items } = (await owner().get(`/devices/${deviceId}/certificates`)).json();
        await owner().post(`/certificates/${items[0].id}/revoke`, { reason: 'keyCompromise' });
      },
    };
    for (const [name, leave] of Object.entries(out)) {
      const { deviceId, claim } = await enrolled();
      await leave(deviceId);
      // Neither any token, nor one for its serial number, nor the key it had.
      expect(await comeBack(claim), name).toBe('device_tombstoned');
      expect(await comeBack(claim, { serial: claim.serial }), name).toBe('device_tombstoned');
      expect((await readmit(deviceId, stranger)).statusCode).toBe(404);
      const granted = await readmit(deviceId);
      expect(granted.statusCode, granted.body).toBe(204);
      const { token } = await door.token({ maxUses: 10 });
      const rush = await Promise.all(
        Array.from({ length: 4 }, () => codeOf(door.enroll(token, { ...claim, csr: newRequest().csr }))),
      );
      expect(
        rush.filter((code) => code === 'ok'),
        name,
      ).toHaveLength(1);
      expect((await owner().get(`/devices/${deviceId}`)).json().state).toBe('active');
      expect((await readmit(deviceId)).json().code).toBe('transition_refused');
      const { items } = (await owner().get(`/devices/${deviceId}/certificates`)).json();
      expect(
        items.map(({ state }: { state: string }) => state),
        name,
      ).toEqual(['issued', 'revoked']);
    }
  });

  it('is needed also when a newer certificate of the device ended by itself', async () => {
    const { deviceId, claim } = await enrolled();
    expect(await comeBack(claim, { serial: claim.serial })).toBe('ok');
    const { items } = (await owner().get(`/devices/${deviceId}/certificates`)).json();
    await test.database.system((tx) =>
      tx.query(`update certificates set state = 'expired' where id = $1`, [items[0].id]),
    );
    clock.advance(1_000);
    await owner().post(`/certificates/${items[1].id}/revoke`, { reason: 'keyCompromise' });
    expect(await comeBack(claim, { serial: claim.serial })).toBe('device_tombstoned');
    expect((await readmit(deviceId)).statusCode).toBe(204);
    expect(await comeBack(claim, { serial: claim.serial })).toBe('ok');
    expect(await comeBack(claim, { serial: claim.serial })).toBe('ok');
  });

  it('stays when the enrolment that wanted to spend it is refused', async () => {
    const { deviceId, claim } = await enrolled();
    await move(deviceId, 'quarantine');
    await readmit(deviceId);
    expect(await comeBack({ ...claim, csr: 'x' }, { model: 'other' })).toBe('identity_mismatch');
    expect(await comeBack(claim)).toBe('ok');
  });

  it('does not let an old key come back', async () => {
    const { deviceId, claim } = await enrolled();
    await move(deviceId, 'quarantine');
    await readmit(deviceId);
    const refused = await codeOf(door.enroll((await door.token()).token, claim));
    expect(['device_tombstoned', 'key_reused']).toContain(refused);
  });
});
