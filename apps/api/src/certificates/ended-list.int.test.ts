import { crlStore } from '@muster/persistence/certificates/crl.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { crlPem } from '@muster/pki/crl/write-crl';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DoorHarness, openDoorHarness } from '../device-door/door.harness.js';
import { CrlPublisher } from './crl-publisher.js';

const clock = new FakeClock(new Date());
let db: TestDatabase;
let door: DoorHarness;
beforeAll(async () => {
  db = await testDatabase();
  door = await openDoorHarness(db.database, clock);
});
afterAll(async () => {
  await door?.close();
  await db?.drop();
});

it('a list past its end that cannot be signed anew is left out of what brokers read, and those of others are in it', async () => {
  const now = clock.now();
  const publisher = door.people.app.get(CrlPublisher);
  const authority = await door.identity.door.hierarchy.issuing('device', 'acme');
  const ended = Buffer.from('3000', 'hex');
  const { id } = await db.database.system(async (tx) => {
    const gone = {
      tenantId: 'acme',
      kind: 'device',
      generation: 90,
      certificatePem: authority.pem,
      keyRef: 'gone',
    } as const;
    const row = await authorityStore.insert(tx, gone, now, 'created');
    const at = { thisUpdate: new Date(now.getTime() - 3_600_000), nextUpdate: new Date(now.getTime() - 1) };
    await crlStore.put(tx, { authorityId: row.id, shard: 0, number: 1, der: ended, ...at, entries: 0, digest: '' });
    return row;
  });
  const bundle = await publisher.bundle();
  expect(bundle).toContain(crlPem((await publisher.fetch(authority.id))!.der));
  expect(bundle).not.toContain(crlPem(ended));
  await expect(publisher.fetch(id)).rejects.toThrow(/no key gone/);
});
