import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DoorHarness, identityOf, newRequest, openDoorHarness } from './door.harness.js';

let test: TestDatabase;
let door: DoorHarness;
const clock = new FakeClock(new Date());
const metrics = new Registry();

beforeAll(async () => {
  test = await testDatabase();
  const paces = { address: { capacity: 60, perMinute: 60 }, caller: { capacity: 2, perMinute: 2 } };
  door = await openDoorHarness(test.database, clock, [], { paces, metrics });
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});

let serial = 0;
const enrolled = async () => {
  const { key, csr } = newRequest();
  const { token } = await door.token();
  const answer = (await door.enroll(token, { csr, model: 'gw-1', serial: `S-${++serial}` })).json();
  return identityOf(key, answer);
};
const renew = (as: Awaited<ReturnType<typeof enrolled>>) =>
  door.send('POST', '/device/v1/renew', { as, body: { csr: newRequest().csr } });
const counted = async (code: string) =>
  Number(
    new RegExp(`muster_http_refusals_total\\{door="devices",code="${code}"\\} (\\d+)`).exec(
      await metrics.metrics(),
    )?.[1] ?? 0,
  );

it('a device in a loop is told to slow down, alone, and each refusal is counted by its code', async () => {
  const [busy, calm] = [await enrolled(), await enrolled()];
  const codes = [];
  for (let i = 0; i < 3; i++) codes.push((await renew(busy)).json().code);
  expect(codes).toEqual(['renewal_too_early', 'renewal_too_early', 'rate_limited']);
  const refused = await renew(busy);
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '30']);
  expect((await renew(calm)).json().code).toBe('renewal_too_early');
  expect([await counted('renewal_too_early'), await counted('rate_limited')]).toEqual([3, 2]);
  clock.advance(30_000);
  expect((await renew(busy)).json().code).toBe('renewal_too_early');
});

it('a wrong method is answered with the right ones, and never reaches the issuer', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const refused = await door.send(method, '/device/v1/enroll');
    expect(refused.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
    expect(refused.headers.allow).toBe('POST');
  }
  expect(await counted('method_not_allowed')).toBe(3);
});

it('an address that floods the door is stopped before anything is looked up for it', async () => {
  const statuses = new Set<number>();
  for (let i = 0; i < 70; i++) statuses.add((await door.send('GET', '/device/v1/nothing')).status);
  expect([...statuses]).toEqual([404, 429]);
});
