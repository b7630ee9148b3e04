import { createHash, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { audit } from '@muster/persistence/audit/audit.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { fetchPinnedRoot } from '@muster/pki/client/fetch-pinned-root';
import { splitBundle } from '@muster/pki/der/pem';
import { openssl } from '@muster/pki/fixtures/openssl';
import type { SigningJwk } from '@muster/pki/signing/compact';
import { readTrustBundle, verifyTrustBundle } from '@muster/pki/signing/trust-bundle';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequest } from '../device-door/door.harness.js';
import { SESSION_COOKIE } from '../http/door.guard.js';
import { admit } from '../people.harness.js';
import { openTrustHarness, type TrustHarness, tenant } from './trust.harness.js';

let test: TestDatabase;
let trust: TrustHarness;
let oldRoot: string;
let lateId: string;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  trust = await openTrustHarness(test, clock);
  oldRoot = (await trust.door.identity.door.hierarchy.root()).pem;
});
afterAll(async () => {
  await trust?.close();
  await test?.drop();
});

const sha256 = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

/** Whether TLS of a client that knows these roots alone takes the door for ours. */
const isBelieved = (ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: trust.door.port, servername: 'localhost', ca });
    socket.once('secureConnect', () => {
      resolve(socket.authorized);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });

/** OpenSSL's word on the leaf a server presents, for a client that trusts `root` alone. */
const opensslOn = (presented: string, root: string): string => {
  const [leaf = '', ...chain] = splitBundle(presented);
  const files = { leaf, chain: chain.join(''), root };
  return openssl(
    files,
    'verify',
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-CAfile',
    '@root',
    '-untrusted',
    '@chain',
    '@leaf',
  ).output;
};

const newRoot = async () =>
  (await trust.door.identity.door.hierarchy.listTrusted())
    .filter(({ kind }) => kind === 'root')
    .sort((a, b) => b.generation - a.generation)[0]!.certificatePem;

describe('a rollover of the root', () => {
  it('belongs to people of the tenant that runs the installation; others see it', async () => {
    const tokens = await admit(test.database, clock, 'later');
    const stranger = trust.door.people.with({ cookie: `${SESSION_COOKIE}=${tokens.admin}` });
    const change = { kind: 'start_rollover', authority: 'root' };
    const refused = await stranger.post('/trust/changes', { change });
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'forbidden']);
    await trust.agree({ kind: 'start_rollover', authority: 'root' });
    const { items } = (await stranger.get('/trust/rollovers')).json();
    // Whose step it was is told to nobody but their own.
    expect(items).toMatchObject([{ kind: 'root', state: 'open', createdBy: 'the installation' }]);
    expect((await stranger.get(`/trust/rollovers/${items[0].id}`)).json().createdBy).toBe('the installation');
    expect((await trust.rollover()).createdBy).toBe('owner');
    const own = await stranger.post('/trust/changes', { change: { kind: 'start_rollover', authority: 'device' } });
    expect(own.statusCode).toBe(201);
  });

  it('is trusted by nobody while it is only created', async () => {
    const { ca, cert } = await trust.refresh();
    expect(splitBundle(ca)).not.toContain(await newRoot());
    expect(splitBundle(cert)).not.toContain(await newRoot());
    const newest = (await trust.bundles()).at(-1)!;
    expect(newest.roots).toEqual([sha256(oldRoot)]);
  });

  it('is announced by a bundle that the keys of the one before it verify', async () => {
    const before = (await trust.bundles()).at(-1)!;
    const { id: rolloverId } = await trust.rollover();
    await trust.agree({ kind: 'distribute', rolloverId });
    const after = (await trust.bundles()).at(-1)!;
    expect(after.number).toBe(before.number + 1);
    const keys = readTrustBundle(before.jws).keys as unknown as SigningJwk[];
    const verified = await verifyTrustBundle(after.jws, keys, { tenant, known: before.number });
    expect(verified).toMatchObject({ ok: true, claims: { roots: [oldRoot, await newRoot()] } });
    expect(verified.ok && verified.claims.cross).toHaveLength(2);
    const { ca } = await trust.refresh();
    expect(splitBundle(ca)).toContain(await newRoot());
  });

  it('waits for devices, and then servers present a chain that devices of either root accept', async () => {
    const { id: rolloverId } = await trust.rollover();
    const late = await trust.enrol(false);
    const closed = await trust.propose({ kind: 'switch_issuing', rolloverId, share: 100 });
    expect(closed.json().code).toBe('gate_closed');
    await trust.acknowledge(late.id);
    lateId = late.id;
    const { token: oldToken } = await trust.door.token();
    await trust.agree({ kind: 'switch_issuing', rolloverId, share: 1 });
    const { cert } = await trust.refresh();
    expect(await trust.states('root')).toEqual(['retiring', 'issuing']);
    for (const root of [oldRoot, await newRoot()]) {
      expect(opensslOn(cert, root)).toMatch(/: OK/);
      expect(await isBelieved(root)).toBe(true);
    }
    expect(await trust.isLetIn(late)).toBe(true);

    // A token from before the switch names the old root, one from after it the new one; each finds its root.
    const { token: newToken } = await trust.door.token();
    const server = { host: '127.0.0.1', port: trust.door.port };
    for (const [token, root] of [
      [oldToken, oldRoot],
      [newToken, await newRoot()],
    ] as const) {
      expect(token).toContain(sha256(root));
      expect(sha256(await fetchPinnedRoot(server, sha256(root)))).toBe(sha256(root));
    }
    const enrolled = await enrolWith(oldToken, oldRoot);
    expect(enrolled.deviceId).toBeDefined();
  });

  it('is taken back with nothing to do for devices: who knows only the new root is still served', async () => {
    const { id: rolloverId } = await trust.rollover();
    await trust.agree({ kind: 'roll_back', rolloverId });
    const { cert } = await trust.refresh();
    expect(await trust.states('root')).toEqual(['issuing', 'retiring']);
    for (const root of [oldRoot, await newRoot()]) {
      expect(opensslOn(cert, root)).toMatch(/: OK/);
      expect(await isBelieved(root)).toBe(true);
    }
    // TLS goes by the machine's clock, so it is the root that is made older.
    await test.database.system((tx) =>
      tx.execute(
        `update authorities set since = since - interval '31 days' where kind = 'root' and state = 'retiring'`,
      ),
    );
    await trust.refresh();
    expect(await trust.states('root')).toEqual(['issuing', 'retired']);
    const newest = (await trust.bundles()).at(-1)!;
    expect(newest.roots).toEqual([sha256(oldRoot)]);
    const [recorded] = await test.database.tenant(tenant, (tx) =>
      audit.list(tx, { limit: 1, action: 'authority.retired' }),
    );
    expect(recorded?.actor).toEqual({ type: 'system', id: 'muster' });
  });

  it('retires the old root when no live certificate is of a device that knows it alone', async () => {
    const device = await trust.enrol();
    await trust.agree({ kind: 'start_rollover', authority: 'root' });
    const { id: rolloverId } = await trust.rollover();
    await trust.agree({ kind: 'distribute', rolloverId });
    for (const id of [device.id, lateId]) await trust.acknowledge(id);
    await trust.agree({ kind: 'switch_issuing', rolloverId, share: 100 });
    const waiting = await trust.propose({ kind: 'retire', rolloverId });
    expect(waiting.json()).toMatchObject({ code: 'transition_refused' });
    await test.database.system((tx) =>
      tx.execute(`update certificates set state = 'revoked' where device_id <> $1`, [device.id]),
    );
    await trust.agree({ kind: 'retire', rolloverId });
    const { ca, cert } = await trust.refresh();
    expect(await trust.states('root')).toEqual(['retired', 'retired', 'issuing']);
    expect(await isBelieved(oldRoot)).toBe(false);
    expect(await isBelieved(await newRoot())).toBe(true);
    expect(splitBundle(cert)).not.toContain(oldRoot);
    // The device authority was made under the old root; its own certificate now leads to the new one.
    const informed = { ...device.as, ca: await newRoot() };
    expect(await trust.isLetIn({ as: informed })).toBe(true);
    const [leaf = ''] = splitBundle(device.as.cert);
    const checked = openssl({ ca, leaf }, 'verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', '@ca', '@leaf');
    expect(checked.output).toMatch(/: OK/);
    // What the new root certified for the old one is on its list: nobody comes over that bridge any more.
    const { to } = await trust.rollover();
    const crosses = await test.database.system((tx) => authorityStore.listCross(tx));
    const bridge = crosses.find(
      ({ issuerId, certificatePem }) =>
        issuerId === to.authorityId &&
        new X509Certificate(certificatePem).subject === new X509Certificate(oldRoot).subject,
    )!;
    const { rawPayload } = await trust.door.people.app.inject({ method: 'GET', url: `/crl/${to.authorityId}.crl` });
    expect(rawPayload.includes(Buffer.from(new X509Certificate(bridge.certificatePem).serialNumber, 'hex'))).toBe(true);
    const [reading] = await test.database.system((tx) => rolloverStore.list(tx, tenant, null, 1));
    expect(reading).toMatchObject({ state: 'done', share: 100 });
  });
});

/** Enrols as an agent does: the root by its pin, everything else verified against it alone. */
const enrolWith = async (token: string, ca: string) => {
  const { csr } = newRequest();
  const body = JSON.stringify({ csr, model: 'gw-1', serial: 'PINNED' });
  return new Promise<{ deviceId?: string }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const options = { method: 'POST', host: 'localhost', port: trust.door.port, path: '/device/v1/enroll', family: 4 };
    request({ ...options, agent: false, ca, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    })
      .once('error', reject)
      .end(body);
  });
};
