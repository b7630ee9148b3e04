import {
  type FleetFilter,
  type FleetOrder,
  fleetCertificateStore,
} from '@muster/persistence/certificates/fleet-certificate.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorHarness, newRequest, openDoorHarness } from '../device-door/door.harness.js';

const clock = new FakeClock(new Date());
const day = 86_400_000;
const MANY = 100_000;
let db: TestDatabase;
let door: DoorHarness;
let first: { id: string; pem: string };

beforeAll(async () => {
  db = await testDatabase();
  door = await openDoorHarness(db.database, clock);
  const { token } = await door.token();
  const answer = (await door.enroll(token, { csr: newRequest().csr, model: 'gw-1', serial: 'f1' })).json();
  const { items } = (await door.people.as('viewer').get(`/devices/${answer.deviceId}/certificates`)).json();
  first = items[0];
  // One that is readable, many times: of other serial numbers and other ends, one an hour on either side of now.
  await db.database.system(async (tx) => {
    await tx.execute(
      `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, authority_id, state, since, pem,
         not_before, not_after)
       select tenant_id, gen_random_uuid(), device_id, '40' || substr(md5(i::text), 3), md5(i::text) || 'f', md5(i::text) || 'k',
         authority_id, case when i % 10 = 0 then 'revoked' else 'active' end, since, pem,
         $2::timestamptz + (i - $1 / 2) * interval '1 minute' - interval '90 days',
         $2::timestamptz + (i - $1 / 2) * interval '1 minute'
       from certificates, generate_series(1, $1) i`,
      [MANY, clock.now()],
    );
  });
});
afterAll(async () => {
  await door?.close();
  await db?.drop();
});

const list = async (query: string) => (await door.people.as('viewer').get(`/certificates?${query}`)).json();
const iso = (ms: number) => encodeURIComponent(new Date(clock.now().getTime() + ms).toISOString());

describe('certificates of the fleet', () => {
  it('come by their end, page by page, with nothing twice and nothing left out', async () => {
    for (const sort of ['notAfter', '-notAfter', '-createdAt']) {
      const seen: { id: string; notAfter: string }[] = [];
      let token = '';
      for (let page = 0; page < 4; page++) {
        const answer = await list(`sort=${sort}&pageSize=50${token}`);
        seen.push(...answer.items);
        token = `&pageToken=${encodeURIComponent(answer.nextPageToken)}`;
      }
      expect(new Set(seen.map(({ id }) => id)).size).toBe(200);
      const key = sort === '-createdAt' ? seen.map(({ id }) => id) : seen.map(({ notAfter }) => notAfter);
      const sorted = [...key].sort();
      expect(key).toEqual(sort === 'notAfter' ? sorted : sorted.reverse());
    }
  });

  it('are found by state, end and window', async () => {
    const revoked = await list('state=revoked');
    expect(revoked.items.every(({ state }: { state: string }) => state === 'revoked')).toBe(true);
    const soon = await list(`state=active&expiresBefore=${iso(day)}&sort=-notAfter&pageSize=1`);
    expect(Date.parse(soon.items[0].notAfter)).toBeLessThan(clock.now().getTime() + day);
    const [overdue] = (await list('renewal=overdue&sort=-notAfter&pageSize=1')).items;
    expect(Date.parse(overdue.notAfter) - clock.now().getTime()).toBeLessThanOrEqual(30 * day);
    expect(Date.parse(overdue.notAfter) - clock.now().getTime()).toBeGreaterThan(29 * day);
    const [due] = (await list('renewal=due&pageSize=1')).items;
    expect(Date.parse(due.notAfter) - clock.now().getTime()).toBeGreaterThan(30 * day);
    expect((await list(`authorityId=${first.id}`)).items).toEqual([]);
    expect(overdue).not.toHaveProperty('pem');
    expect(overdue.deviceName).toBeTruthy();
  });

  it('are read from an index however many there are', async () => {
    const after = [clock.now(), '01980000-0000-7000-8000-000000000001'] as const;
    const plan = (filter: FleetFilter, order: FleetOrder) =>
      db.database.tenant('acme', async (tx) => {
        const query = (sql: string, params?: readonly unknown[]) => tx.query(`explain ${sql}`, params);
        const explained = { ...tx, query } as unknown as typeof tx;
        const rows = await fleetCertificateStore.list(explained, filter, order, after, clock.now(), 51);
        return (rows as unknown as { 'QUERY PLAN': string }[]).map((row) => row['QUERY PLAN']).join('\n');
      });
    for (const order of ['notAfter', '-notAfter', '-createdAt'] as const) {
      expect(await plan({}, order)).toMatch(order === '-createdAt' ? /certificates_pkey/ : /certificates_by_end/);
      expect(await plan({}, order)).not.toMatch(/Seq Scan|Bitmap/);
    }
    expect(await plan({ state: 'revoked' }, 'notAfter')).toMatch(/certificates_by_state/);
    expect(await plan({ renewal: 'overdue' }, 'notAfter')).toMatch(/certificates_by_(end|state)/);
  });

  it('are one each by id, for their own tenant', async () => {
    expect((await door.people.as('viewer').get(`/certificates/${first.id}`)).json()).toMatchObject({
      id: first.id,
      pem: first.pem,
      refusalProvenAt: null,
    });
    const nobody = await door.people.as('viewer').get('/certificates/01980000-0000-7000-8000-000000000001');
    expect(nobody.statusCode).toBe(404);
  });
});
