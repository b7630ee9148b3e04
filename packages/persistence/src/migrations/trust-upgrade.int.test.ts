import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { expect, it } from 'vitest';
import { memberStore } from '../access/member.store.js';
import { deviceStore } from '../devices/device.store.js';
import { migrate, migrateBack } from '../migrate.js';
import { migrations } from './all.js';

const tenant = 'acme';
const deviceId = uuidv7();
const steps = migrations.length - migrations.findIndex(({ name }) => name.startsWith('TrustGenerations'));
const password = (url: string) => new URL(url).password;
const forward = (test: TestDatabase) =>
  migrate(test.ownerUrl, { app: password(test.appUrl), system: password(test.systemUrl) });

const ask = async <R>(test: TestDatabase, sql: string, values: unknown[] = []): Promise<R[]> => {
  const owner = new pg.Client({ connectionString: test.ownerUrl });
  await owner.connect();
  try {
    return (await owner.query(sql, values)).rows as R[];
  } finally {
    await owner.end();
  }
};
const statesOf = (test: TestDatabase) =>
  ask(test, 'select kind, generation, state from authorities order by kind, generation');

/** An installation of before there were generations, in which something was done. */
const ofBefore = async (test: TestDatabase): Promise<void> => {
  await test.database.system((tx) => memberStore.ensureTenant(tx, { id: tenant, name: tenant }));
  await test.database.tenant(tenant, (tx) => {
    const row = { name: 'd', serial: 's', model: 'gw-1', hardwareRevision: null, class: 'gateway', site: null };
    return deviceStore.insert(tx, { id: deviceId, ...row, labels: {}, state: 'active' }, new Date());
  });
  await test.database.close();
  await migrateBack(test.ownerUrl, steps);
  const authorities = [
    ['root', null, 1, 'active'],
    ['device', tenant, 1, 'revoked'],
    ['device', tenant, 2, 'retired'],
    ['device', tenant, 3, 'active'],
    ['device', tenant, 4, 'next'],
  ];
  for (const row of authorities)
    await ask(
      test,
      `insert into authorities (id, kind, tenant_id, generation, state, certificate_pem, key_ref, crl_number)
       values (gen_random_uuid(), $1, $2, $3, $4, 'pem', 'k', 41)`,
      row,
    );
  await ask(
    test,
    `insert into signing_keys (kid, tenant_id, purpose, algorithm, public_jwk, key_ref)
     values ('acme-command-1', $1, 'command', 'EdDSA', '{}', 'k')`,
    [tenant],
  );
  await ask(
    test,
    `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, authority_id, state, pem, not_before,
       not_after)
     select $1, gen_random_uuid(), $2, n::text, n::text, n::text, (select id from authorities where generation = 3), state,
       'pem', now(), now() + interval '90 days'
     from unnest(array['active', 'superseded', 'revoked', 'on_hold']) with ordinality s (state, n)`,
    [tenant, deviceId],
  );
};

it('an installation with authorities, keys and certificates comes to generations and goes back as it was', async () => {
  await using test = await testDatabase();
  await ofBefore(test);
  const before = await statesOf(test);
  await forward(test);
  expect(await statesOf(test)).toEqual([
    { kind: 'device', generation: 1, state: 'retired' },
    { kind: 'device', generation: 2, state: 'retiring' },
    { kind: 'device', generation: 3, state: 'issuing' },
    { kind: 'device', generation: 4, state: 'created' },
    { kind: 'root', generation: 1, state: 'issuing' },
  ]);
  expect(await ask(test, 'select state, generation, since_bundle, key_ref from signing_keys')).toEqual([
    { state: 'active', generation: 1, since_bundle: null, key_ref: 'k' },
  ]);
  expect(
    await ask(test, 'select distinct source, late, crl_shards, crl_number::int from certificates, authorities'),
  ).toEqual([{ source: 'renewal', late: false, crl_shards: 1, crl_number: 41 }]);
  // What only the newer version knows, before it is taken back.
  await ask(
    test,
    `insert into signing_keys (kid, tenant_id, purpose, algorithm, public_jwk, key_ref, state)
     values ('acme-release-f00', $1, 'release', 'ES256', '{}', null, 'next')`,
    [tenant],
  );
  await ask(
    test,
    `insert into rollovers (id, tenant_id, kind, from_id, to_id, created_by)
     select gen_random_uuid(), $1, 'device', a.id, b.id, 'one' from authorities a, authorities b
     where a.generation = 3 and b.generation = 4`,
    [tenant],
  );
  await migrateBack(test.ownerUrl, steps);
  expect(await statesOf(test)).toEqual(before);
  expect(await ask(test, 'select kid from signing_keys')).toEqual([{ kid: 'acme-command-1' }]);
  await forward(test);
  expect(await ask(test, 'select state from certificates order by serial')).toEqual(
    ['active', 'superseded', 'revoked', 'on_hold'].map((state) => ({ state })),
  );
});
