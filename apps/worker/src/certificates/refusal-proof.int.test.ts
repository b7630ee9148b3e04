import { randomBytes } from 'node:crypto';
import { memberStore } from '@muster/persistence/access/member.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { crlStore } from '@muster/persistence/certificates/crl.store';
import { revokeOne, suspendAllOf } from '@muster/persistence/certificates/revoke-certificates';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { buildHierarchy, type Hierarchy, issueTestLeaf } from '@muster/pki/fixtures/hierarchy';
import { systemClock } from '@muster/runtime/clock/clock';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KnockAnswer } from '../gateway/uplink.port.js';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { CertificateSweep } from './certificate-sweep.js';
import { RegisteredCertificates } from './registered-certificates.js';

const tenant = 'acme';
const hour = 3_600_000;
let test: TestDatabase;
let worker: TestWorker;
let pki: Hierarchy;
let authorityId: string;

beforeAll(async () => {
  test = await testDatabase();
  pki = await buildHierarchy(new Date());
  authorityId = await test.database.system(async (tx) => {
    await memberStore.ensureTenant(tx, { id: tenant, name: tenant });
    const authority = { tenantId: tenant, kind: 'device' as const, generation: 1, certificatePem: '', keyRef: 'k' };
    return (await authorityStore.insert(tx, authority, new Date())).id;
  });
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await test?.drop();
});
beforeEach(() => {
  delete worker.transport.knock;
  worker.transport.stuck.clear();
  worker.transport.kicked.length = 0;
});

const inTenant = <T>(work: Parameters<typeof test.database.tenant<T>>[1]) => test.database.tenant(tenant, work);
const newCertificate = async (notAfter = new Date(Date.now() + hour)) => {
  const { serial, fingerprint, pem } = await issueTestLeaf(pki.device, { at: new Date() });
  return inTenant(async (tx) => {
    const row = { name: 'd', serial, model: 'gw-1', hardwareRevision: null, class: 'gateway', site: null };
    const device = (await deviceStore.insert(tx, { ...row, labels: {}, state: 'active' }, new Date()))!;
    const origin = { tokenId: null, source: 'token' as const, sourceId: null, late: false, authorityId };
    const facts = { serial, fingerprint, pem, keyHash: randomBytes(32).toString('hex') };
    const span = { notBefore: new Date(Date.now() - 2 * hour), notAfter };
    return certificateStore.insert(tx, { id: uuidv7(), deviceId: device.id, ...origin, ...facts, ...span }, new Date());
  });
};
type Row = Awaited<ReturnType<typeof newCertificate>>;
const rowOf = ({ id }: Row) => inTenant(async (tx) => (await certificateStore.find(tx, id))!);
const revoke = (row: Row) =>
  inTenant((tx) => {
    const actor = { type: 'system', id: 'test' } as const;
    return revokeOne(tx, row, { actor, reason: 'keyCompromise', comment: null }, new Date());
  });
const lettersOf = async ({ deviceId }: Row) =>
  (
    await test.database.system((tx) =>
      tx.query<{ type: string }>('select type from outbox where key = $1 order by position', [deviceId]),
    )
  ).map(({ type }) => type);
/** A list that names these, with a probe, as the api publishes it. */
const publish = (number: number, serials: readonly string[], probeEnds = new Date(Date.now() + hour)) =>
  test.database.system(async (tx) => {
    const now = new Date();
    const der = Buffer.concat(serials.map((serial) => Buffer.from(serial, 'hex')));
    const facts = {
      thisUpdate: now,
      nextUpdate: new Date(Date.now() + hour),
      entries: serials.length,
      digest: `${number}`,
    };
    await crlStore.put(tx, { authorityId, shard: 0, number, der, ...facts });
    const probe = { serial: 'ff', certificatePem: `probe-${number}`, keyPem: 'key', at: now, notAfter: probeEnds };
    await crlStore.addProbe(tx, authorityId, 0, number, probe);
  });

describe('where the registry judges every session', () => {
  it('a revocation is proven when no session is left and a new one would be refused', async () => {
    const row = await newCertificate();
    await revoke(row);
    await assertEventually(async () => expect((await rowOf(row)).refusalProvenAt).not.toBeNull());
    expect((await rowOf(row)).sessionCutAt).not.toBeNull();
    await assertEventually(async () =>
      expect(await lettersOf(row)).toEqual([
        'certificate.revoked',
        'certificate.session_cut',
        'certificate.revocation_proven',
      ]),
    );
  });

  it('a session that was opened at the very moment is found and cut before anything is proven', async () => {
    const row = await newCertificate();
    worker.transport.stuck.add(row.fingerprint);
    await revoke(row);
    await assertEventually(() => expect(worker.transport.kicked.length).toBeGreaterThan(3));
    expect((await rowOf(row)).refusalProvenAt).toBeNull();
    worker.transport.stuck.clear();
    await assertEventually(async () => expect((await rowOf(row)).refusalProvenAt).not.toBeNull());
  });

  it('what was proven while a certificate was on hold is forgotten when it returns', async () => {
    const row = await newCertificate();
    const move = (event: 'hold' | 'release') =>
      inTenant((tx) => suspendAllOf(tx, row.deviceId, event, { code: 'test', detail: null }, new Date()));
    await move('hold');
    await assertEventually(() => expect(worker.transport.kicked).toContain(row.deviceId));
    await inTenant((tx) => certificateStore.markRefusalProven(tx, row.id, new Date()));
    await move('release');
    expect(await rowOf(row)).toMatchObject({ state: 'issued', refusalProvenAt: null, sessionCutAt: null });
    expect(await new RegisteredCertificates(test.database, systemClock).authorise(row.fingerprint)).toMatchObject({
      deviceId: row.deviceId,
    });
  });
});

describe('behind a broker that judges by lists', () => {
  const knocks: string[] = [];
  const answer = (what: KnockAnswer) => {
    worker.transport.knock = async ({ cert }) => {
      knocks.push(cert);
      return what;
    };
  };
  beforeEach(() => {
    knocks.length = 0;
  });

  it('a revocation is proven once a list names it and the broker turns the probe of that list away', async () => {
    const row = await newCertificate();
    answer('let_in');
    await publish(1, []);
    await revoke(row);
    await assertEventually(() => expect(worker.transport.kicked).toContain(row.deviceId));
    await publish(2, [row.serial]);
    await assertEventually(() => expect(knocks).toContain('probe-2'));
    // The list of before does not name it: its probe would prove nothing.
    expect(knocks).not.toContain('probe-1');
    expect((await rowOf(row)).refusalProvenAt).toBeNull();
    const cuts = worker.transport.kicked.length;
    answer('revoked');
    await assertEventually(async () => expect((await rowOf(row)).refusalProvenAt).not.toBeNull());
    // Who came in between is cut again before it is called proven.
    expect(worker.transport.kicked.length).toBeGreaterThan(cuts);
  });

  it('one knock is enough for all that one list names, and another refusal or a probe that has ended is none', async () => {
    const rows = [await newCertificate(), await newCertificate(), await newCertificate()];
    const serials = rows.map(({ serial }) => serial);
    await publish(3, serials, new Date(Date.now() - 1));
    answer({ unclear: 'ECONNREFUSED' });
    for (const row of rows) await revoke(row);
    await assertEventually(() => expect(worker.transport.kicked.length).toBeGreaterThanOrEqual(3));
    expect(knocks).toEqual([]);
    await publish(4, serials);
    await assertEventually(() => expect(knocks).toContain('probe-4'));
    for (const row of rows) expect((await rowOf(row)).refusalProvenAt).toBeNull();
    answer('revoked');
    await assertEventually(async () => {
      for (const row of rows) expect((await rowOf(row)).refusalProvenAt).not.toBeNull();
    });
  });
});

describe('time', () => {
  it('ends the session of what expired and of what was superseded long enough ago', async () => {
    const [ended, overlapped] = [await newCertificate(new Date(Date.now() - 1_000)), await newCertificate()];
    await inTenant(async (tx) => {
      const change = { reasonCode: null, reasonDetail: null };
      await certificateStore.setState(tx, ended.id, { state: 'active', ...change }, new Date());
      await certificateStore.setState(
        tx,
        overlapped.id,
        { state: 'superseded', ...change },
        new Date(Date.now() - hour),
      );
    });
    await worker.app.get(CertificateSweep).settle();
    await assertEventually(() => {
      expect(worker.transport.kicked).toEqual(expect.arrayContaining([ended.deviceId, overlapped.deviceId]));
    });
    expect((await rowOf(ended)).state).toBe('expired');
    expect((await rowOf(overlapped)).state).toBe('revoked');
  });
});
