import { memberStore } from '@muster/persistence/access/member.store';
import { signInLinkStore } from '@muster/persistence/access/sign-in-link.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock('2026-11-21T06:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, []);
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const newLink = () =>
  db.database.system(async (tx) => {
    const owner = await memberStore.firstOwner(tx, 'acme');
    return signInLinkStore.create(tx, { tenantId: 'acme', userId: owner!.userId }, clock.now());
  });
const exchange = (token: string) => api.with({}).post('/session/link', { token });

describe('a sign-in link', () => {
  test('opens one session and then no other', async () => {
    const { token } = await newLink();
    const answer = await exchange(token);
    expect(answer.json()).toMatchObject({ kind: 'user', email: 'owner@acme.test', tenant: 'acme', role: 'owner' });
    const cookie = answer.cookies[0]!;
    expect(cookie).toMatchObject({ name: 'muster_session', httpOnly: true, sameSite: 'Strict', path: '/' });
    expect((await api.with({ cookie: `muster_session=${cookie.value}` }).get('/session')).statusCode).toBe(200);
    expect((await exchange(token)).json()).toMatchObject({ code: 'sign_in_link_invalid', status: 401 });
  });

  test('is spent by exactly one of many who try at once', async () => {
    const { token } = await newLink();
    const answers = await Promise.all([1, 2, 3, 4].map(() => exchange(token)));
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 401, 401, 401]);
  });

  test('is dead after fifteen minutes', async () => {
    const { token } = await newLink();
    clock.advance(15 * 60_000);
    expect((await exchange(token)).statusCode).toBe(401);
  });

  test('is not in the database in any readable form', async () => {
    const { token } = await newLink();
    const rows = await db.database.system((tx) => tx.query('select * from sign_in_links'));
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe('a session', () => {
  test('is listed, ended by its person only, and gone at once', async () => {
    const signedIn = (await exchange((await newLink()).token)).cookies[0]!.value;
    const me = api.with({ cookie: `muster_session=${signedIn}` });
    const { items } = (await me.get('/sessions')).json();
    const current = items.find((session: { current: boolean }) => session.current);
    expect((await api.as('admin').delete(`/sessions/${current.id}`)).statusCode).toBe(404);
    expect((await me.delete('/session')).statusCode).toBe(204);
    expect((await me.get('/session')).json()).toMatchObject({ code: 'unauthenticated' });
  });
});

describe('an API key', () => {
  const wanted = { name: 'ci', permissions: ['device:read', 'access:read'] };

  test('works with its own permissions until revoked, and keeps its secret to itself', async () => {
    const made = (await api.as('owner').post('/api-keys', wanted)).json();
    expect(made.secret).toMatch(/^mk_[0-9a-f]{12}_/);
    const key = api.with({ authorization: `Bearer ${made.secret}` });
    expect((await key.get('/session')).json()).toMatchObject({ kind: 'api_key', name: 'ci', email: null });
    expect((await key.post('/api-keys', wanted)).json()).toMatchObject({ code: 'forbidden' });
    const listed = await key.get('/api-keys');
    expect(listed.body).not.toContain(made.secret.slice(-43));
    expect(listed.json().items[0]).not.toHaveProperty('secretHash');
    await api.as('owner').post(`/api-keys/${made.id}/revoke`);
    expect((await key.get('/session')).statusCode).toBe(401);
  });

  test('with one wrong character is nobody', async () => {
    const { secret } = (await api.as('owner').post('/api-keys', wanted)).json();
    const wrong = secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A');
    expect((await api.with({ authorization: `Bearer ${wrong}` }).get('/session')).statusCode).toBe(401);
  });

  test('expires', async () => {
    const { secret } = (await api.as('owner').post('/api-keys', { ...wanted, expiresInDays: 1 })).json();
    clock.advance(24 * 3600_000);
    expect((await api.with({ authorization: `Bearer ${secret}` }).get('/session')).statusCode).toBe(401);
  });

  test('is made once under one Idempotency-Key, and the kept answer is unreadable in the database', async () => {
    const keyed = { 'idempotency-key': 'make-ci' };
    const first = (await api.as('owner').post('/api-keys', wanted, keyed)).json();
    const again = await api.as('owner').post('/api-keys', wanted, keyed);
    expect(again.json()).toEqual(first);
    const other = await api.as('owner').post('/api-keys', { ...wanted, name: 'x' }, keyed);
    expect(other.json()).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
    const foreign = await api.as('admin').post('/api-keys', wanted, keyed);
    expect(foreign.json().id).not.toBe(first.id);
    const rows = await db.database.system((tx) => tx.query('select response::text from idempotency_keys'));
    expect(JSON.stringify(rows)).not.toContain(first.secret.slice(-43));
  });

  test('made by many at once under one key is one key', async () => {
    const keyed = { 'idempotency-key': 'race' };
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => api.as('owner').post('/api-keys', { ...wanted, name: 'race' }, keyed)),
    );
    expect(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409)).toBe(true);
    const { items } = (await api.as('owner').get('/api-keys?pageSize=100')).json();
    expect(items.filter((key: { name: string }) => key.name === 'race')).toHaveLength(1);
  });
});

describe('people', () => {
  test('are added with a link that signs them in, by who may', async () => {
    const person = { email: 'Ana@acme.test', name: 'Ana', role: 'operator' };
    const added = await api.as('admin').post('/members', person);
    expect(added.json()).toMatchObject({ email: 'ana@acme.test', role: 'operator' });
    const token = new URL(added.json().signInLink).searchParams.get('token')!;
    expect((await exchange(token)).json()).toMatchObject({ name: 'Ana', role: 'operator' });
    expect((await api.as('admin').post('/members', person)).json()).toMatchObject({ code: 'already_exists' });
    const owner = { ...person, email: 'o@acme.test', role: 'owner' };
    expect((await api.as('admin').post('/members', owner)).json()).toMatchObject({ code: 'forbidden' });
    expect((await api.as('viewer').get('/members')).statusCode).toBe(403);
  });

  test('see nobody of another tenant', async () => {
    const tokens = await admit(db.database, clock, 'globex');
    const stranger = api.with({ cookie: `muster_session=${tokens.owner}` });
    const { items } = (await stranger.get('/members?pageSize=100')).json();
    expect(items.every((member: { email: string }) => member.email.endsWith('@globex.test'))).toBe(true);
    expect((await stranger.get('/api-keys')).json().items).toEqual([]);
    const { id } = (await api.as('owner').post('/api-keys', { name: 'a', permissions: ['device:read'] })).json();
    expect((await stranger.post(`/api-keys/${id}/revoke`)).statusCode).toBe(404);
  });
});
