import { randomUUID } from 'node:crypto';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { enrollmentSettingsStore } from '@muster/persistence/enrollment/enrollment-settings.store';
import { writeRequest } from '@muster/pki/client/write-request';
import { type AcceptedRequest, acceptRequest } from '@muster/pki/csr/accept-request';
import { newKey } from '@muster/pki/fixtures/hierarchy';
import { systemClock } from '@muster/runtime/clock/clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issueCertificates } from '../../apps/api/src/certificates/issue-certificate.js';
import { type DoorHarness, openDoorHarness } from '../../apps/api/src/device-door/door.harness.js';
import { EnrollService } from '../../apps/api/src/enrollment/enroll.service.js';
import { analyse, machine, median, printTable, timed } from '../report.js';

const quick = Boolean(process.env.MUSTER_QUICK);
const ROUNDS = quick ? 1 : 5;
const DEVICES = quick ? 600 : 2_000;
const ENROLMENTS = quick ? 100 : 400;
const BATCHES = [1, 10, 100, 500] as const;
const LANES = 4;
const WANTED = 1_000;
const AT_ONCE = 16;

let db: TestDatabase;
let door: DoorHarness;
let tenant: string;
let devices: readonly string[];
/** Distinct keys are needed for each certificate; making them is the devices' work and not measured. */
const requests: AcceptedRequest[] = [];

beforeAll(async () => {
  db = await testDatabase();
  door = await openDoorHarness(db.database, systemClock);
  tenant = await firstTenant();
  await db.database.tenant(tenant, async (tx) => {
    const now = new Date();
    const made: string[] = [];
    for (let n = 0; n < DEVICES; n++) {
      const row = { name: `d-${n}`, serial: `seed-${n}`, model: 'bench', hardwareRevision: null, class: 'gateway' };
      made.push((await deviceStore.insert(tx, { ...row, site: null, labels: {}, state: 'active' }, now))!.id);
    }
    devices = made;
  });
  const accepted = await acceptRequest(writeRequest(newKey()), null);
  requests.push(accepted);
  await analyse(db.ownerUrl);
});
afterAll(async () => {
  await door.close();
  await db.drop();
});

const firstTenant = async (): Promise<string> => {
  const [row] = await db.database.system((tx) => tx.query<{ id: string }>('select id from tenants limit 1'));
  return row!.id;
};

/** As the request gate leaves it; the hash differs, because a key is used once. */
const nextRequest = (): AcceptedRequest => {
  const keyHash = randomUUID().replaceAll('-', '').padEnd(64, '0');
  return { ...requests[0]!, keyHash };
};

/** Certificates a second for all devices, so many of them in a transaction, in a few transactions at once. */
const issueAll = async (batch: number): Promise<number> => {
  const identity = door.identity.door;
  const authority = await identity.hierarchy.issuing('device', tenant);
  const count = batch === 1 ? Math.min(DEVICES, 300) : DEVICES;
  const waiting = devices.slice(0, count);
  const lane = async () => {
    for (let part = waiting.splice(0, batch); part.length > 0; part = waiting.splice(0, batch)) {
      const orders = part.map((deviceId) => ({
        ...{ tenantId: tenant, deviceId, request: nextRequest(), source: 'renewal' as const, sourceId: null },
      }));
      const rows = await db.database.tenant(tenant, (tx) =>
        issueCertificates(tx, identity, authority, orders, new Date()),
      );
      expect(rows).toHaveLength(part.length);
    }
  };
  const ms = await timed(() => Promise.all(Array.from({ length: LANES }, lane)));
  return (count * 1_000) / ms;
};

it('issues and records certificates in batches, durable when they are handed out', async () => {
  const rates = BATCHES.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [n, batch] of BATCHES.entries()) {
      const rate = await issueAll(batch);
      if (round > 0) rates[n]!.push(rate);
    }
  const [row] = await db.database.system((tx) =>
    tx.query<{ n: number }>('select count(*)::int as n from certificates'),
  );
  expect(row!.n).toBe((ROUNDS + 1) * (3 * DEVICES + Math.min(DEVICES, 300)));
  printTable(
    `Certificates signed, recorded and committed, ${LANES} transactions at once\n${machine()}`,
    ['certificates a transaction', 'rate', 'to one at a time', `wanted: ${WANTED} per s`],
    BATCHES.map((batch, n) => [
      String(batch),
      `${median(rates[n]!).toFixed(0)} per s`,
      `${median(rates[n]!.map((rate, round) => rate / rates[0]![round]!)).toFixed(1)}×`,
      batch === 1 ? '' : median(rates[n]!) >= WANTED ? 'within' : 'below',
    ]),
  );
});

it('enrols devices one by one, by the service and over HTTP with a handshake each', async () => {
  await db.database.tenant(tenant, (tx) => enrollmentSettingsStore.lock(tx));
  await db.database.system((tx) => tx.query('update enrollment_settings set enrollments_per_minute = 100000'));
  const claims = Array.from({ length: ENROLMENTS }, (_, n) => ({
    ...{ csr: writeRequest(newKey()), model: 'bench', hardwareRevision: '1', serial: `enrol-${n}` },
  }));
  const half = ENROLMENTS / 2;
  // One a lane: whoever enrols holds the row of the token until the commit, so one token is one lane.
  const tokens: string[] = [];
  for (let n = 0; n < AT_ONCE; n++) tokens.push((await door.token({ maxUses: ENROLMENTS })).token);
  const service = door.app.get(EnrollService, { strict: false });
  const rateOf = async (
    part: typeof claims,
    enrol: (token: string, claim: (typeof claims)[number]) => Promise<void>,
  ) => {
    const waiting = [...part];
    const lane = async (token: string) => {
      for (let claim = waiting.pop(); claim !== undefined; claim = waiting.pop()) await enrol(token, claim);
    };
    return (part.length * 1_000) / (await timed(() => Promise.all(tokens.map(lane))));
  };
  const byService = await rateOf(claims.slice(0, half), async (token, claim) => {
    const answer = await service.enroll({ kind: 'token', bearer: token }, claim, { address: '127.0.0.1' });
    expect(answer.kind).toBe('issued');
  });
  const byHttp = await rateOf(claims.slice(half), async (token, claim) => {
    expect((await door.enroll(token, claim)).status).toBe(200);
  });
  printTable(`Enrolments, each a transaction of its own, ${AT_ONCE} at once with a token each\n${machine()}`, null, [
    ['by the service: token, device, twin, certificate, letters, timeline, audit', `${byService.toFixed(0)} per s`],
    ['over HTTP, a TLS handshake each, client in the same process', `${byHttp.toFixed(0)} per s`],
  ]);
});
