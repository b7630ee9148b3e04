import { bundleStore } from '@muster/persistence/trust/bundle.store';
import { readTrustBundle, verifyTrustBundle } from '@muster/pki/signing/trust-bundle';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorHarness, identityOf, newRequest, openDoorHarness } from '../device-door/door.harness.js';
import { DeviceTrustModule } from './device-trust.module.js';

let test: TestDatabase;
let door: DoorHarness;
const clock = new FakeClock(new Date());
const tenant = 'acme';

beforeAll(async () => {
  test = await testDatabase();
  door = await openDoorHarness(test.database, clock, [], { deviceSlices: [DeviceTrustModule] });
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});

const bundles = () => door.identity.door.bundles;
const enrol = async () => {
  const { key, csr } = newRequest();
  const { token } = await door.token();
  const answer = (await door.enroll(token, { csr, model: 'gw-1', serial: `S${Math.random()}` })).json();
  return { answer, as: identityOf(key, answer) };
};
const rows = () => test.database.system((tx) => bundleStore.list(tx, tenant, null, 100));

describe('a trust bundle', () => {
  it('comes with the certificate and is believed with the keys that came with it', async () => {
    const { answer } = await enrol();
    const verified = await verifyTrustBundle(answer.bundle, answer.trust.keys, { tenant, known: 0 });
    expect(verified).toMatchObject({ ok: true, claims: { tenant, roots: [expect.stringContaining('BEGIN')] } });
  });

  it('has a first number above every number agents hold from before there were bundles', async () => {
    const first = (await rows()).at(-1)!;
    const [newest] = await test.database.system((tx) =>
      tx.query<{ second: number }>(
        'select floor(extract(epoch from max(created_at)))::int as second from signing_keys where tenant_id = $1',
        [tenant],
      ),
    );
    expect(first.number).toBeGreaterThan(newest!.second);
  });

  it('is made once: asked again it is the same, and its number keeps one content', async () => {
    const before = await rows();
    bundles().forget();
    await bundles().prepare();
    const made = await Promise.all(
      [1, 2, 3].map(() => test.database.system((tx) => bundles().make(tx, tenant, 'again'))),
    );
    expect(await rows()).toEqual(before);
    expect(new Set(made.map(({ jws }) => jws))).toEqual(new Set([before[0]!.jws]));
    const again = { ...before[0]!, jws: 'other' };
    await expect(test.database.system((tx) => bundleStore.insert(tx, again, clock.now()))).rejects.toThrow(/duplicate/);
  });

  it('is fetched over mutual TLS in the order in which a device walks them', async () => {
    const { answer, as } = await enrol();
    const { number } = readTrustBundle(answer.bundle);
    const all = await door.send('GET', '/device/v1/trust-bundles?after=0', { as });
    expect(all.json()).toEqual({ bundles: (await rows()).map(({ jws }) => jws).reverse() });
    expect((await door.send('GET', `/device/v1/trust-bundles?after=${number}`, { as })).json()).toEqual({
      bundles: [],
    });
    expect((await door.send('GET', '/device/v1/trust-bundles?after=0')).status).toBe(401);
    const wrong = await door.send('GET', '/device/v1/trust-bundles?after=-1', { as });
    expect([wrong.status, wrong.json().code]).toEqual([400, 'validation_failed']);
  });

  it('has a number above those that were lost when an upgrade was taken back', async () => {
    const { number } = (await rows())[0]!;
    await test.database.system((tx) => tx.execute('delete from trust_bundles'));
    clock.advance(60_000);
    bundles().forget();
    expect((await bundles().newest(tenant)).number).toBeGreaterThan(number);
  });
});
