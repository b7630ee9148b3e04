import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memberStore } from '@muster/persistence/access/member.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { splitBundle } from '@muster/pki/der/pem';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openIdentity } from './open-identity.js';

const YEAR_MS = 365.25 * 86_400_000;
const clock = new FakeClock(new Date());
const data = mkdtempSync(join(tmpdir(), 'muster-succession-'));
let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => memberStore.ensureTenant(tx, { id: 'acme', name: 'acme' }));
});
afterAll(async () => {
  await test?.drop();
  rmSync(data, { recursive: true, force: true });
});

const process = () => {
  const settings = { data, host: 'localhost', port: 8080, devicePort: 8443, mqttPort: 8883 };
  return openIdentity(settings as Parameters<typeof openIdentity>[0], {
    database: test.database,
    clock,
    kek: Buffer.alloc(32, 1),
  });
};
const standing = async () => {
  const rows = await test.database.system((tx) => authorityStore.listTrusted(tx));
  return rows.map(({ kind, generation, state }) => `${kind} ${generation} ${state}`).sort();
};
const first = ['bootstrap 1', 'device 1', 'root 1', 'server 1', 'service 1'].map((one) => `${one} issuing`);

it('authorities that only our own processes answer for are followed at half of their life, once, by themselves', async () => {
  const [one, other] = [process(), process()];
  await one.files.refresh();
  expect(await standing()).toEqual(first);
  clock.advance(1.1 * YEAR_MS);
  await Promise.all([one.files.refresh(), other.files.refresh()]);
  expect(await standing()).toEqual(['bootstrap 1 retiring', 'bootstrap 2 issuing', ...first.slice(1)]);
  clock.advance(1.5 * YEAR_MS);
  await one.files.refresh();
  await other.files.refresh();
  expect(await standing()).toEqual([
    ...['bootstrap 1 retiring', 'bootstrap 2 retiring', 'bootstrap 3 issuing', 'device 1 issuing', 'root 1 issuing'],
    ...['server 1 retiring', 'server 2 issuing', 'service 1 retiring', 'service 2 issuing'],
  ]);
  // Servers and our own services go on under the root that everybody knows.
  const root = new X509Certificate(readFileSync(join(data, 'tls', 'root.pem')));
  for (const [name, title] of Object.entries({ api: 'Server CA 2', broker: 'Server CA 2', service: 'Service CA 2' })) {
    const [leaf, issuer] = splitBundle(readFileSync(join(data, 'tls', `${name}.crt`), 'utf8')).map(
      (pem) => new X509Certificate(pem),
    );
    expect(leaf!.issuer).toContain(title);
    expect([leaf!.verify(issuer!.publicKey), issuer!.verify(root.publicKey)]).toEqual([true, true]);
  }
});
