import { deviceStore } from '@muster/persistence/devices/device.store';
import { enrollmentMinuteStore } from '@muster/persistence/enrollment/enrollment-minute.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { FindingsModule } from './findings.module.js';

const DAY = 86_400_000;
/** A Saturday. */
const NOW = Date.parse('2026-11-21T12:00:00.000Z');
let at = NOW;
/** Answers are shared for some seconds; here nobody waits for that. */
let elapsed = 0;
const clock = { now: () => new Date(at), monotonic: () => (elapsed += 60_000) };

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let authorityId: string;
let serial = 0;

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [FindingsModule]);
  await admit(db.database, clock, 'globex');
  const signer = async () => keySigner(await generatePrivateKey('ES256'));
  const made = { organization: 'Test', now: new Date(NOW - 3 * 366 * DAY) };
  const root = await issueRoot({ ...made, signer: await signer() });
  const devices = await issueAuthority(root, { ...made, kind: 'device', generation: 1, signer: await signer() });
  authorityId = await db.database.system(async (tx) => {
    const row = { tenantId: 'acme', kind: 'device' as const, generation: 1, certificatePem: devices.pem, keyRef: 'k' };
    return (await authorityStore.insert(tx, row, new Date(NOW))).id;
  });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** A device with certificates of these ages and lives in days, the newest last. */
const device = (
  certificates: readonly { age: number; life: number; state?: string; reason?: string }[],
  tenant = 'acme',
) =>
  db.database.tenant(tenant, async (tx) => {
    const name = `d${++serial}`;
    const facts = {
      name,
      serial: name,
      model: 'gw-1',
      hardwareRevision: null,
      class: 'gateway',
      site: null,
      labels: {},
    };
    const { id } = (await deviceStore.insert(tx, { ...facts, state: 'active' }, clock.now()))!;
    for (const { age, life, state = 'active', reason = null } of certificates) {
      const notBefore = new Date(NOW - age * DAY);
      const unique = `${id}-${++serial}`;
      await tx.query(
        `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, authority_id, state, pem,
           not_before, not_after, created_at, reason_code, revoked_at, session_cut_at, refusal_proven_at)
         values ($1, $2, $3, $4, $4, $4, $5, $6, '', $7, $8, $7, $9, $10, $10::timestamptz + interval '40 ms', $10::timestamptz + interval '90 ms')`,
        [
          ...[tenant, uuidv7(), id, unique, tenant === 'acme' ? authorityId : null, state, notBefore],
          ...[
            new Date(notBefore.getTime() + life * DAY),
            reason,
            state === 'revoked' ? new Date(NOW - age * DAY) : null,
          ],
        ],
      );
    }
    return id;
  });
const overview = async () => (await api.as('viewer').get('/trust/overview')).json();
const findings = async () =>
  (await api.as('viewer').get('/trust/findings')).json().items as {
    kind: string;
    count: number;
    sentence: string;
    subject: string;
    facts: Record<string, unknown>;
  }[];
const of = async (kind: string) => (await findings()).filter((one) => one.kind === kind);

describe('the overview', () => {
  it('counts what ends and renews, week by week, and what is late', async () => {
    await device([{ age: 10, life: 90 }]);
    await device([{ age: 50, life: 90 }]);
    await device([{ age: 70, life: 90 }]);
    // Renewed already: the old one ends soon and the new one waits to be used.
    await device([
      { age: 70, life: 90 },
      { age: 1, life: 90, state: 'issued' },
    ]);
    // Of a year, overdue and with two months left; of a day, and in the middle of it.
    await device([{ age: 300, life: 365 }]);
    await device([{ age: 0.4, life: 1 }]);
    await device([{ age: 100, life: 90, state: 'expired' }]);
    await device([
      { age: 100, life: 90, state: 'expired' },
      { age: 5, life: 90 },
    ]);
    await device([{ age: 2, life: 90, state: 'revoked', reason: 'keyCompromise' }]);
    await device([
      { age: 3, life: 90, state: 'revoked', reason: 'superseded' },
      { age: 3, life: 90 },
    ]);
    await device([{ age: 89, life: 90 }], 'globex');
    const found = await overview();
    expect(found).toMatchObject({
      ...{ devices: 10, liveCertificates: 9, expiringIn30Days: 1, renewalOverdue: 2, expired: 1, pendingApprovals: 0 },
      ...{ bundle: null, capacityPerWeek: 665_280 },
    });
    expect(found.lastRevocations).toMatchObject([{ sessionCutMs: 40, handshakeRefusedMs: 90 }]);
    // Quarantine had cut it and turned it away before it was revoked.
    await db.database.system((tx) =>
      tx.execute(`update certificates set session_cut_at = revoked_at - interval '1 hour', refusal_proven_at = null,
        handshake_refused_at = revoked_at - interval '1 hour' where reason_code = 'keyCompromise'`),
    );
    expect((await overview()).lastRevocations).toMatchObject([{ sessionCutMs: 0, handshakeRefusedMs: 0 }]);
    const { weeks } = found;
    expect(weeks[0].from).toBe('2026-11-16T00:00:00.000Z');
    const sum = (of: 'ending' | 'renewing') =>
      weeks.reduce((total: number, week: Record<string, number>) => total + week[of]!, 0);
    expect(sum('ending')).toBe(9);
    // Five windows are still to open, and one opened on Monday.
    expect(sum('renewing')).toBe(6);
    expect(weeks[0].renewing).toBe(2);
  });

  it('tells the findings in the order of what is worst', async () => {
    const found = await findings();
    expect(found.map(({ kind, count }) => [kind, count])).toEqual([
      ['certificate_expired', 1],
      ['renewal_overdue', 2],
      ['certificate_expiring', 1],
      ['authority_expiring', 1],
    ]);
    expect(found[1]!.facts.first).toHaveLength(3);
  });
});

describe('findings', () => {
  it('name revocation lists past half their time, of the tenant alone', async () => {
    const list = (age: number) =>
      db.database.system((tx) =>
        tx.query(
          `insert into crls (authority_id, shard, number, der, digest, this_update, next_update, entries)
           values ($1, 0, 1, '', '', $2, $3, 0) on conflict (authority_id, shard) do update set this_update = $2, next_update = $3`,
          [authorityId, new Date(NOW - age * 3_600_000), new Date(NOW + (24 - age) * 3_600_000)],
        ),
      );
    await list(11);
    expect(await of('crl_past_half')).toEqual([]);
    await list(14);
    expect(await of('crl_past_half')).toMatchObject([
      { subject: `authority:${authorityId}`, count: 1, sentence: expect.stringContaining('runs out in 10 hours') },
    ]);
  });

  it('tell an hour of unusually many refusals from what is usual', async () => {
    const minutes = (code: string, n: number, hoursAgo: number) => ({
      tenantId: 'acme',
      minute: new Date(NOW - hoursAgo * 3_600_000 - 60_000),
      code,
      n,
    });
    const add = (...outcomes: ReturnType<typeof minutes>[]) =>
      enrollmentMinuteStore.add(db.database.statements, outcomes);
    await add(...Array.from({ length: 160 }, (_, hour) => minutes('token_expired', 3, hour + 1)));
    await add(minutes('issued', 40, 0), minutes('token_expired', 18, 0));
    expect(await of('enrollment_failures')).toEqual([]);
    await add(minutes('csr_malformed', 30, 0));
    expect(await of('enrollment_failures')).toMatchObject([
      {
        subject: 'enrollment',
        count: 48,
        sentence: '48 enrolments were refused within an hour, usually 3; 40 succeeded.',
      },
    ]);
    expect(await overview()).toMatchObject({ enrollments24h: 40, refusals24h: 48 + 3 * 23 });
  });

  it('name suspected clones, and who waits for a person', async () => {
    const id = await device([]);
    const evidence = {
      sign: 'runs',
      between: ['a', 'b'],
      addresses: [null, null],
      sentence: 'two seem to hold its key.',
    };
    await db.database.tenant('acme', async (tx) => {
      await tx.query('update devices set clone_suspected_at = $2, clone_evidence = $3 where id = $1', [
        id,
        clock.now(),
        evidence,
      ]);
      await tx.query(
        `insert into approvals (tenant_id, id, kind, model, serial, key_hash, key_algorithm, claim, request_hash, created_at, last_asked_at, expires_at)
         values ('acme', $1, 'operator', 'm', 's', 'k', 'EC', '{}', 'h', $2, $2, $3)`,
        [uuidv7(), new Date(NOW - 3 * 3_600_000), new Date(NOW + DAY)],
      );
    });
    expect(await of('clone_suspected')).toMatchObject([
      { subject: `device:${id}`, sentence: expect.stringContaining('two seem to hold its key.') },
    ]);
    expect(await of('approvals_waiting')).toMatchObject([
      { count: 1, sentence: 'A device waits for a person to let it in, the first for 3 hours.' },
    ]);
    expect((await overview()).pendingApprovals).toBe(1);
    at = NOW + 2 * DAY;
    expect((await overview()).pendingApprovals).toBe(0);
    at = NOW;
  });

  it('are asked for with the permission to read trust', async () => {
    expect((await api.with({}).get('/trust/findings')).statusCode).toBe(401);
  });
});
