import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memberStore } from '@muster/persistence/access/member.store';
import { FileKeyStore } from '@muster/pki/keys/file-key-store';
import { systemClock } from '@muster/runtime/clock/clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Hierarchy } from './hierarchy.js';
import { SigningKeys } from './signing-keys.js';

let test: TestDatabase;
const tenant = 'acme';
const data = mkdtempSync(join(tmpdir(), 'muster-keys-once-'));
beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => memberStore.ensureTenant(tx, { id: tenant, name: tenant }));
});
afterAll(async () => {
  await test?.drop();
  rmSync(data, { recursive: true, force: true });
});

/** A token looks whether there is a key of this name and then makes one: whoever comes in between makes another. */
let inside = 0;
let most = 0;
class Token extends FileKeyStore {
  override async create(...wanted: Parameters<FileKeyStore['create']>) {
    most = Math.max(most, ++inside);
    await test.database.system((tx) => tx.query('select pg_sleep(0.1)'));
    return super.create(...wanted).finally(() => inside--);
  }
}

it('of several processes one at a time makes the key of the next generation', async () => {
  const process = () => {
    const keys = new Token(data, Buffer.alloc(32, 1));
    const options = { domain: 'muster', organization: 'Test' };
    return {
      hierarchy: new Hierarchy(test.database, keys, systemClock, options),
      signing: new SigningKeys(test.database, keys, systemClock),
    };
  };
  await Promise.all(
    [process(), process(), process()].flatMap(({ hierarchy, signing }) => [
      hierarchy.prepareNext('device', tenant),
      signing.prepareNext(tenant, 'command'),
    ]),
  );
  expect(most).toBe(1);
});
