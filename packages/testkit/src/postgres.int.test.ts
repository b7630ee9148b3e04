import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from './postgres.js';

let one: TestDatabase;
let other: TestDatabase;

beforeAll(async () => {
  [one, other] = await Promise.all([testDatabase(), testDatabase()]);
});
afterAll(() => Promise.all([one.drop(), other.drop()]));

test('each spec file has a database of its own', async () => {
  await one.database.system((tx) => tx.query(`insert into tenants (id, name, created_at) values ('a', 'A', now())`));
  const [seen] = await other.database.system((tx) => tx.query<{ n: string }>('select count(*) as n from tenants'));
  expect(Number(seen?.n)).toBe(0);
});

test('tests run as the roles the product runs as, not as a superuser', async () => {
  const ask = `select current_user as name, rolsuper as super, rolbypassrls as bypass from pg_roles where rolname = current_user`;
  expect(await one.database.tenant('a', (tx) => tx.query(ask))).toEqual([
    { name: 'muster_app', super: false, bypass: false },
  ]);
  expect(await one.database.system((tx) => tx.query(ask))).toEqual([
    { name: 'muster_system', super: false, bypass: true },
  ]);
});
