import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@muster/runtime/clock/clock';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorHarness, newRequest, openDoorHarness } from '../device-door/door.harness.js';
import { keepTrust } from './keep-trust.js';

let db: TestDatabase;
let door: DoorHarness;
beforeAll(async () => {
  db = await testDatabase();
  door = await openDoorHarness(db.database, systemClock);
});
afterAll(async () => {
  await door?.close();
  await db?.drop();
});

let serials = 0;
/** Serial number of a certificate that was just revoked. */
const revoked = async (): Promise<string> => {
  const { token } = await door.token();
  const claim = { csr: newRequest().csr, model: 'gw-1', serial: `k${++serials}` };
  const { deviceId } = (await door.enroll(token, claim)).json();
  const { items } = (await door.people.as('viewer').get(`/devices/${deviceId}/certificates`)).json();
  await door.people.as('admin').post(`/certificates/${items[0].id}/revoke`, { reason: 'keyCompromise' });
  return items[0].serial;
};
const named = async (serial: string): Promise<boolean> => {
  const lists = (await readFile(join(door.data, 'tls', 'broker.crl'), 'utf8')).split('-----END X509 CRL-----');
  const ders = lists.map((pem) => Buffer.from(pem.replace('-----BEGIN X509 CRL-----', ''), 'base64'));
  return ders.some((der) => der.includes(Buffer.from(serial, 'hex')));
};
const keep = () =>
  keepTrust(db.database, door.identity.files, door.app, { info: () => {}, warn: console.warn, error: console.error });

describe('the file of revocation lists', () => {
  it('names what was revoked before anybody listened, and what is revoked from then on', async () => {
    const early = await revoked();
    expect(await named(early)).toBe(false);
    const stop = await keep();
    await assertEventually(async () => expect(await named(early)).toBe(true));
    const late = await revoked();
    await assertEventually(async () => expect(await named(late)).toBe(true));
    await stop();
  });

  it('names what was revoked while the connection that listens was gone', async () => {
    const stop = await keep();
    await db.database.system((tx) =>
      tx.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'muster-listen' and datname = current_database()`,
      ),
    );
    const meanwhile = await revoked();
    await assertEventually(async () => expect(await named(meanwhile)).toBe(true));
    await stop();
  });
});
