/** Who is in a loop or means harm slows down himself, and nobody else with the same credential or key. */
import { createPublicKey } from 'node:crypto';
import { generateDeviceKey } from '@muster/pki/client/device-key';
import { writeRequest } from '@muster/pki/client/write-request';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type DoorAnswer, type DoorHarness, newRequest, openDoorHarness } from './door.harness.js';

let test: TestDatabase;
let door: DoorHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  door = await openDoorHarness(test.database, clock);
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});
beforeEach(() => clock.advance(60 * 60_000));

const owner = () => door.people.as('owner');
const device = (serial: string) => ({ csr: newRequest().csr, model: 'gw-1', serial });
const said = (answer: DoorAnswer) => (answer.status < 300 ? String(answer.status) : answer.json().code);
const times = async (count: number, ask: (n: number) => Promise<DoorAnswer>): Promise<string[]> => {
  const answers: string[] = [];
  for (let n = 0; n < count; n++) answers.push(said(await ask(n)));
  return answers;
};

it('one address does not fill the queue of a tenant it knows the name of', async () => {
  const { version } = (await owner().get('/enrollment-settings')).json();
  await owner().patch('/enrollment-settings', { operatorApproval: true }, { 'if-match': `"${version}"` });
  const ask = (body: object) => door.send('POST', '/device/v1/enroll', { body: { ...body, tenant: 'acme' } });
  const first = device('Q-first');
  expect(said(await ask(first))).toBe('202');
  const answers = await times(62, (n) => ask(device(`Q-${n}`)));
  expect(answers).toEqual([...Array(59).fill('202'), ...Array(3).fill('rate_limited')]);
  // Who waits already goes on asking, and no refused one was left in the queue.
  expect(said(await ask(first))).toBe('202');
  const [{ n }] = (await test.database.system((tx) =>
    tx.query(`select count(*)::int as n from approvals where state = 'pending'`),
  )) as [{ n: number }];
  expect(n).toBe(60);
});

it('a device that comes back with a new key over and over gets ten certificates and then one a minute', async () => {
  const { id, token } = await door.token({ serial: 'LOOP', maxUses: 50 });
  const answers = await times(13, () => door.enroll(token, device('LOOP')));
  expect(answers).toEqual([...Array(11).fill('200'), 'rate_limited', 'rate_limited']);
  const uses = await test.database.system((tx) => tx.query('select uses from enrollment_tokens where id = $1', [id]));
  expect(uses).toEqual([{ uses: 11 }]);
  clock.advance(60_000);
  expect(said(await door.enroll(token, device('LOOP')))).toBe('200');
});

it('who knows a registered key but does not have it keeps nobody out', async () => {
  const key = generateDeviceKey();
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  await owner().post('/registered-keys/bulk', { rows: [{ model: 'gw-1', serial: 'KEY-1', publicKey }] });
  const csr = writeRequest(key);
  const der = Buffer.from(csr.replace(/-----[A-Z ]+-----/g, ''), 'base64');
  der[der.length - 1]! ^= 1;
  const ask = (request: string) =>
    door.send('POST', '/device/v1/enroll', { body: { csr: request, model: 'gw-1', serial: 'KEY-1' } });
  expect(await times(70, () => ask(der.toString('base64')))).toEqual(Array(70).fill('csr_pop_failed'));
  expect(said(await ask(csr))).toBe('200');
});

it('a device that its batch does not take leaves the way open for those it does', async () => {
  const made = await owner().post('/claim-batches', { name: 'L', quota: 5, unlisted: 'refuse', serials: ['CL-1'] });
  const { key, certificate, chain } = made.json();
  const as = { key, cert: [certificate, ...chain].join('') };
  const ask = (serial: string) => door.send('POST', '/device/v1/enroll', { as, body: device(serial) });
  const answers = await times(62, () => ask('CL-X'));
  expect(answers).toEqual([...Array(60).fill('claim_refused'), 'rate_limited', 'rate_limited']);
  expect(said(await ask('CL-1'))).toBe('200');
});
