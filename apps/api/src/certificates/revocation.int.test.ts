import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { crlStore } from '@muster/persistence/certificates/crl.store';
import { revokeMany } from '@muster/persistence/certificates/revoke-certificates';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { tool } from '@muster/pki/fixtures/tool';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorHarness, newRequest, openDoorHarness } from '../device-door/door.harness.js';
import { DevicesModule } from '../devices/devices.module.js';
import { CrlPublisher } from './crl-publisher.js';

const clock = new FakeClock(new Date());
let db: TestDatabase;
let door: DoorHarness;
let root: string;
let authority: { id: string; pem: string };

beforeAll(async () => {
  db = await testDatabase();
  door = await openDoorHarness(db.database, clock, [DevicesModule]);
  root = (await door.identity.door.hierarchy.root()).pem;
  const { id, pem } = await door.identity.door.hierarchy.issuing('device', 'acme');
  authority = { id, pem };
});
afterAll(async () => {
  await door?.close();
  await db?.drop();
});

let serials = 0;
const enroll = async () => {
  const { token } = await door.token();
  const { csr } = newRequest();
  const claim = { csr, model: 'gw-1', serial: `r${++serials}` };
  const answer = (await door.enroll(token, claim)).json();
  const { items } = (await door.people.as('viewer').get(`/devices/${answer.deviceId}/certificates`)).json();
  return { deviceId: answer.deviceId as string, pem: answer.certificate as string, ...items[0] };
};
type Enrolled = Awaited<ReturnType<typeof enroll>>;

const revoke = async (one: Enrolled, reason = 'keyCompromise') => {
  const answer = await door.people.as('admin').post(`/certificates/${one.id}/revoke`, { reason });
  expect(answer.statusCode).toBe(200);
};
/** A moment later, when a list may be looked at anew. */
const crl = async (address = `${authority.id}.crl`) => {
  clock.advance(1_100);
  return door.people.app.inject({ method: 'GET', url: `/crl/${address}` });
};
const textOf = (der: Buffer) =>
  tool('openssl', { crl: der }, 'crl', '-inform', 'der', '-in', '@crl', '-noout', '-text').output;
const numberOf = (der: Buffer) => Number(/CRL Number:\s*(\d+)/.exec(textOf(der))?.[1]);
const names = (der: Buffer, { serial }: Enrolled) => der.includes(Buffer.from(serial, 'hex'));

describe('a revocation list', () => {
  it('names what was revoked, under a number that only rises, and is the same from every process', async () => {
    const [one, two] = [await enroll(), await enroll()];
    const before = (await crl()).rawPayload;
    await revoke(one);
    const first = (await crl()).rawPayload;
    await revoke(two, 'unspecified');
    const second = (await crl()).rawPayload;
    expect([names(before, one), names(first, one), names(first, two), names(second, two)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    const numbers = [before, first, second].map(numberOf);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(textOf(second)).toContain('Key Compromise');
    const other = new CrlPublisher(db.database, door.identity.door, clock, { mqttUrl: undefined });
    expect((await other.fetch(authority.id))?.der.equals(second)).toBe(true);
    expect((await crl()).rawPayload.equals(second)).toBe(true);
  });

  it('with an older number is not published', async () => {
    const now = clock.now();
    const old = {
      thisUpdate: now,
      nextUpdate: new Date(now.getTime() + 1e7),
      entries: 0,
      digest: 'x',
      der: Buffer.from('x'),
    };
    const newest = (await crl()).rawPayload;
    for (const number of [1, numberOf(newest)])
      expect(
        await db.database.system((tx) => crlStore.put(tx, { authorityId: authority.id, shard: 0, number, ...old })),
      ).toBe(false);
    expect((await crl()).rawPayload.equals(newest)).toBe(true);
  });

  it('names what is on hold as such, and no longer when it is released', async () => {
    const one = await enroll();
    const move = async (step: string) => {
      const device = await door.people.as('viewer').get(`/devices/${one.deviceId}`);
      const match = { 'if-match': String(device.headers.etag) };
      const answer = await door.people.as('admin').post(`/devices/${one.deviceId}/${step}`, { reason: 'test' }, match);
      expect(answer.statusCode).toBe(200);
    };
    await move('quarantine');
    const held = (await crl()).rawPayload;
    expect(names(held, one)).toBe(true);
    expect(textOf(held)).toContain('Certificate Hold');
    await move('activate');
    expect(names((await crl()).rawPayload, one)).toBe(false);
    const row = await db.database.tenant('acme', (tx) => certificateStore.find(tx, one.id));
    // It was never used, and is not made used by that.
    expect(row?.state).toBe('issued');
  });

  it('satisfies openssl for every tier, from the one file a broker reads', async () => {
    const [good, bad] = [await enroll(), await enroll()];
    await revoke(bad);
    const bundle = await door.identity.files.refresh().then(() => door.people.app.get(CrlPublisher).bundle());
    const verify = (leaf: string) =>
      tool(
        'openssl',
        { root, ca: authority.pem, leaf, crls: bundle },
        ...['verify', '-x509_strict', '-crl_check_all', '-purpose', 'sslclient', '-CAfile', '@root'],
        ...['-untrusted', '@ca', '-CRLfile', '@crls', '@leaf'],
      ).output;
    expect(verify(good.pem)).toContain(': OK');
    expect(verify(bad.pem)).toContain('certificate revoked');
  });

  it('past its end is not served, and a new one is made when somebody asks', async () => {
    const before = numberOf((await crl()).rawPayload);
    clock.advance(25 * 3_600_000);
    const publisher = door.people.app.get(CrlPublisher);
    const past = await db.database.system((tx) => crlStore.find(tx, authority.id, 0));
    expect(past!.nextUpdate.getTime()).toBeLessThan(clock.now().getTime());
    const served = await publisher.fetch(authority.id);
    expect(numberOf(served!.der)).toBeGreaterThan(before);
  });

  it('of nobody is not found', async () => {
    for (const address of [
      'x.crl',
      `${authority.id}-1.crl`,
      `${authority.id.replace(/.$/, 'f')}.crl`,
      `${authority.id}-0.crl`,
    ])
      expect((await crl(address)).statusCode).toBe(404);
  });
});

describe('the list of claim certificates', () => {
  it('names the certificate of a batch that was revoked, and brokers are not given it', async () => {
    const admin = door.people.as('admin');
    const batch = (await admin.post('/claim-batches', { name: 'Lot 7', quota: 5 })).json();
    const { id } = await door.identity.door.hierarchy.issuing('bootstrap', null);
    const before = (await crl(`${id}.crl`)).rawPayload;
    const answer = await admin.post(`/claim-batches/${batch.id ?? batch.batch?.id}/revoke`, { reason: 'leaked' });
    expect(answer.statusCode).toBeLessThan(300);
    const [row] = await db.database.system((tx) => tx.query<{ serial: string }>('select serial from claim_batches'));
    const after = (await crl(`${id}.crl`)).rawPayload;
    const serial = Buffer.from(row!.serial, 'hex');
    expect([before.includes(serial), after.includes(serial)]).toEqual([false, true]);
    const bundle = await door.people.app.get(CrlPublisher).bundle();
    expect(bundle).not.toContain(after.toString('base64').slice(0, 64));
  });
});

describe('the lists of an authority with shards', () => {
  it('are each for the certificates that carry its address, and the address of before goes on', async () => {
    const early = await enroll();
    await db.database.system((tx) => tx.execute('update authorities set crl_shards = 4 where id = $1', [authority.id]));
    door.identity.door.hierarchy.forget();
    const later: Enrolled[] = [];
    for (let i = 0; i < 12; i++) later.push(await enroll());
    const shardOf = ({ serial }: Enrolled) => Number.parseInt(serial.slice(-2), 16) & 3;
    for (const one of later) expect(one.crlUri).toBe(`http://localhost:8080/crl/${authority.id}-${shardOf(one)}.crl`);
    const [bad, neighbour] = [later[0]!, later.find((one) => shardOf(one) !== shardOf(later[0]!))!];
    await revoke(early);
    await revoke(bad);
    const lists = new Map<string, Buffer>();
    for (const end of ['', '-0', '-1', '-2', '-3']) lists.set(end, (await crl(`${authority.id}${end}.crl`)).rawPayload);
    expect(names(lists.get('')!, early) && names(lists.get('')!, bad)).toBe(true);
    expect(names(lists.get(`-${shardOf(bad)}`)!, bad)).toBe(true);
    expect(names(lists.get(`-${shardOf(neighbour)}`)!, bad)).toBe(false);
    const bundle = await door.people.app.get(CrlPublisher).bundle();
    const verify = ({ pem }: Enrolled) =>
      tool(
        'openssl',
        { root, ca: authority.pem, leaf: pem, crls: bundle },
        ...['verify', '-crl_check', '-attime', String(Math.floor(clock.now().getTime() / 1000)), '-CAfile', '@root'],
        ...['-untrusted', '@ca', '-CRLfile', '@crls', '@leaf'],
      ).output;
    expect(verify(early)).toContain('certificate revoked');
    expect(verify(bad)).toContain('certificate revoked');
    expect(verify(neighbour)).toContain(': OK');
  });
});

describe('revoking many', () => {
  it('is one order: every live certificate of the selection, a letter for each, one entry in the audit', async () => {
    const some = await Promise.all([enroll(), enroll(), enroll()]);
    await revoke(some[2]!);
    const actor = { type: 'user', id: 'u' } as const;
    const order = { actor, reason: 'cessationOfOperation', comment: 'sold' };
    const done = await db.database.insist('acme', (tx) =>
      revokeMany(tx, { certificateIds: some.map(({ id }) => id) }, order, clock.now()),
    );
    expect(done).toEqual({ revoked: 2, devices: 2 });
    const [facts] = await db.database.system((tx) =>
      tx.query<{ letters: number; entries: number; events: number }>(
        `select (select count(*)::int from outbox where type = 'certificate.revoked' and key = any($1::text[])) as letters,
           (select count(*)::int from audit_entries where action = 'certificates.revoked') as entries,
           (select count(*)::int from device_events where device_id = any($1::uuid[]) and summary like '%revoked%') as events`,
        [some.map(({ deviceId }) => deviceId)],
      ),
    );
    expect(facts).toEqual({ letters: 3, entries: 1, events: 3 });
    const of = await db.database.insist('acme', (tx) =>
      revokeMany(tx, { authorityId: authority.id }, order, clock.now()),
    );
    expect(of.revoked).toBeGreaterThan(0);
    expect(await db.database.insist('acme', (tx) => revokeMany(tx, {}, order, clock.now()))).toEqual({
      revoked: 0,
      devices: 0,
    });
  });
});

/** How often somebody else had a turn meanwhile: what a busy machine does not change. */
const countTurns = () => {
  let turns = 0;
  let stopped = false;
  const next = () => {
    if (stopped) return;
    turns++;
    setImmediate(next);
  };
  setImmediate(next);
  return {
    stop: () => {
      stopped = true;
      return turns;
    },
  };
};

describe('a list of 50,000', () => {
  it('is built from the registry while everybody else goes on', async () => {
    const deviceId = await db.database.tenant('acme', async (tx) => {
      const row = { name: 'd', serial: 'many', model: 'gw-1', hardwareRevision: null, class: 'gateway', site: null };
      return (await deviceStore.insert(tx, { ...row, labels: {}, state: 'active' }, clock.now()))!.id;
    });
    const bootstrap = await door.identity.door.hierarchy.issuing('bootstrap', null);
    await db.database.system((tx) =>
      tx.execute(
        `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, authority_id, state, reason_code, since, pem, not_before, not_after)
         select 'acme', gen_random_uuid(), $1, '40' || substr(md5(i::text), 3), md5(i::text) || 'x', md5(i::text) || 'k', $2, 'revoked', 'superseded', $3::timestamptz - i * interval '1 minute', '',
           $3::timestamptz - interval '60 days', $3::timestamptz + interval '30 days'
         from generate_series(1, 50000) i`,
        [deviceId, bootstrap.id, clock.now()],
      ),
    );
    const publisher = new CrlPublisher(db.database, door.identity.door, clock, { mqttUrl: undefined });
    const turns = countTurns();
    const started = performance.now();
    const list = await publisher.fetch(bootstrap.id);
    const tookMs = performance.now() - started;
    const others = turns.stop();
    console.log(`50,000 entries: ${Math.round(tookMs)} ms with the database, ${others} turns for others`);
    const [row] = await db.database.system((tx) => crlStore.listOf(tx, [bootstrap.id]));
    expect(row?.entries).toBeGreaterThanOrEqual(50_000);
    expect(list!.der.length).toBeGreaterThan(50_000 * 40);
    // A page of 2,500 at a time: how long that holds on an idle machine is for the benchmarks to say.
    expect(others).toBeGreaterThan(20);
  });
});

describe('time', () => {
  it('takes what has ended off the list', async () => {
    const one = await enroll();
    await revoke(one);
    expect(names((await crl()).rawPayload, one)).toBe(true);
    clock.advance(91 * 86_400_000);
    expect(names((await crl()).rawPayload, one)).toBe(false);
  });
});
