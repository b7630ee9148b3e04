import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { type SigningJwk, signDocument, verifyDocument } from '@muster/pki/signing/compact';
import { verifyManifest } from '@muster/pki/signing/manifest';
import { readTrustBundle, signTrustBundle, verifyTrustBundle } from '@muster/pki/signing/trust-bundle';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditModule } from '../audit/audit.module.js';
import { Releases } from '../releases/releases.harness.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { openTrustHarness, type TrustHarness, tenant } from './trust.harness.js';

let test: TestDatabase;
let trust: TrustHarness;
let releases: Releases;
const clock = new FakeClock(new Date());
const folder = mkdtempSync(join(tmpdir(), 'muster-offline-'));

beforeAll(async () => {
  test = await testDatabase();
  trust = await openTrustHarness(test, clock, [ReleasesModule, AuditModule]);
  releases = new Releases(trust.door);
});
afterAll(async () => {
  await trust?.close();
  await test?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const tool = (...args: string[]) =>
  JSON.parse(
    execFileSync('node', [fileURLToPath(new URL('../../../../tools/sign-release.mjs', import.meta.url)), ...args], {
      encoding: 'utf8',
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
const keysIn = (jws: string) => readTrustBundle(jws).keys as unknown as SigningJwk[];
const newest = async () => (await trust.bundles()).at(-1)!;
const keys = async () => (await trust.as('viewer').get('/trust/signing-keys')).json().items;
const keyIn = async (purpose: string, state: string) =>
  (await keys()).find((key: { purpose: string; state: string }) => key.purpose === purpose && key.state === state);

describe('a signing key', () => {
  it('is announced, made active behind the gate, and the old one revoked; a device walks bundle by bundle', async () => {
    const device = await trust.enrol();
    const start = await newest();
    const other = keysIn(start.jws);
    await trust.agree({ kind: 'rotate_key', purpose: 'trust' });
    const waiting = await keyIn('trust', 'next');
    expect(waiting).toMatchObject({ kid: `${tenant}-trust-2`, sinceBundle: start.number + 1, offline: false });
    const closed = await trust.propose({ kind: 'activate_key', kid: waiting.kid });
    expect(closed.json()).toMatchObject({ code: 'gate_closed', facts: { seen: 1, acknowledged: 0 } });
    await trust.acknowledge(device.id);
    await trust.agree({ kind: 'activate_key', kid: waiting.kid });
    await trust.agree({ kind: 'revoke_key', kid: `${tenant}-trust-1` });

    let known = { keys: other, number: start.number };
    const walked: number[] = [];
    for (const { jws } of (await trust.bundles()).filter(({ number }) => number > start.number)) {
      const verified = await verifyTrustBundle(jws, known.keys, { tenant, known: known.number });
      if (!verified.ok) throw new Error(verified.fault);
      known = { keys: verified.claims.keys as unknown as SigningJwk[], number: verified.claims.number };
      walked.push(verified.claims.number);
    }
    expect(walked).toEqual([1, 2, 3].map((step) => start.number + step));
    expect(known.keys.map(({ kid }) => kid)).not.toContain(`${tenant}-trust-1`);
    // Who skips the chain meets a bundle by a key that it was never told may sign.
    const skipped = await verifyTrustBundle((await newest()).jws, other, { tenant, known: start.number });
    expect(skipped).toEqual({ ok: false, fault: 'key_unknown' });
  });

  it('says nothing once it is retired or revoked, and a key set signed by its own new key is refused (attack 79)', async () => {
    const { jws, number } = await newest();
    const before = keysIn(jws);
    const forger = keySigner(await generatePrivateKey('EdDSA'));
    const { x, crv, kty } = forger.publicKey().export({ format: 'jwk' }) as Record<string, string>;
    const mine = { kid: 'forged', kty: kty!, crv: crv!, x: x!, alg: 'EdDSA', use: 'trust', state: 'active' as const };
    const bundle = { ...readTrustBundle(jws), number: number + 1 };
    const own = await signTrustBundle(forger, 'forged', { ...bundle, keys: [mine] });
    expect(await verifyTrustBundle(own, before, { tenant, known: number })).toEqual({
      ok: false,
      fault: 'key_unknown',
    });
    for (const state of ['next', 'retired'] as const) {
      const sleeping = [...before, { ...mine, state }];
      expect(await verifyTrustBundle(own, sleeping, { tenant, known: number })).toMatchObject({ fault: 'key_unknown' });
    }
  });

  it('accepts no lower number and no bundle of another tenant (attack 76)', async () => {
    const [first, second] = (await trust.bundles()).slice(-2);
    const before = keysIn(first!.jws);
    const again = await verifyTrustBundle(second!.jws, before, { tenant, known: second!.number });
    expect(again).toEqual({ ok: false, fault: 'expired' });
    const elsewhere = await verifyTrustBundle(second!.jws, before, { tenant: 'other', known: 0 });
    expect(elsewhere).toEqual({ ok: false, fault: 'audience_mismatch' });
  });

  it('is taken by its own id and algorithm alone, whatever the header asks for (attack 68)', async () => {
    const key = keysIn((await newest()).jws).find(({ use }) => use === 'command')!;
    const payload = Buffer.from('{"act":"reboot"}').toString('base64url');
    const forge = (header: object, signature = '') =>
      `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
    const base = { typ: 'cmd+jws', kid: key.kid };
    const forged = [
      forge({ ...base, alg: 'none' }),
      forge({ ...base, alg: 'nOnE' }),
      forge({ ...base, alg: 'HS256' }, 'AAAA'),
      forge({ ...base, alg: 'EdDSA', crit: ['exp'] }, 'AAAA'),
      forge({ ...base, alg: 'EdDSA', jwk: key }, 'AAAA'),
      forge({ ...base, alg: 'EdDSA', jku: 'https://evil' }, 'AAAA'),
      forge({ ...base, alg: 'EdDSA', kid: '../../etc/passwd' }, 'AAAA'),
    ];
    for (const jws of forged) expect((await verifyDocument(jws, 'command', [key])).ok).toBe(false);
    const impostor = keySigner(await generatePrivateKey('EdDSA'));
    const other = await signDocument(impostor, key.kid, 'command', { act: 'reboot' });
    expect(await verifyDocument(other, 'command', [key])).toEqual({ ok: false, fault: 'signature_invalid' });
  });

  it('that signs now is not revoked, and only one of a purpose waits', async () => {
    const { kid } = await keyIn('command', 'active');
    const active = await trust.propose({ kind: 'revoke_key', kid });
    expect(active.json()).toMatchObject({ code: 'transition_refused', facts: { allowed: ['retire'] } });
    await trust.agree({ kind: 'rotate_key', purpose: 'command' });
    expect((await trust.propose({ kind: 'rotate_key', purpose: 'command' })).json().code).toBe('already_exists');
    expect((await trust.propose({ kind: 'revoke_key', kid: 'nobody' })).statusCode).toBe(404);
  });
});

describe('four eyes', () => {
  it('are two people: nobody approves what they or a key of theirs asked for, and a viewer asks for nothing (attack 100)', async () => {
    const made = async (role: 'admin' | 'owner', name: string) =>
      (
        await trust.as(role).post('/api-keys', { name, permissions: ['trust:read', 'trust:write', 'trust:approve'] })
      ).json();
    const mine = trust.door.people.with({ authorization: `Bearer ${(await made('admin', 'mine')).secret}` });
    const change = { kind: 'rotate_key', purpose: 'release' };
    const asked = (await trust.as('admin').post('/trust/changes', { change })).json();
    for (const one of [trust.as('admin'), mine])
      expect((await one.post(`/trust/changes/${asked.id}/approve`)).json().code).toBe('approval_by_creator');
    const byKey = (await mine.post('/trust/changes', { change })).json();
    expect((await trust.approve(byKey.id, 'admin')).json().code).toBe('approval_by_creator');
    expect((await trust.approve(asked.id, 'viewer')).json().code).toBe('forbidden');
    expect((await trust.propose({ kind: 'rotate_key', purpose: 'release' }, 'viewer')).json().code).toBe('forbidden');
    const denied = await mine.post(`/trust/changes/${byKey.id}/deny`, { reason: 'Asked twice.' });
    expect(denied.json()).toMatchObject({ state: 'denied', outcome: 'Asked twice.' });
    expect((await trust.approve(byKey.id)).json()).toMatchObject({ code: 'transition_refused' });

    const theirs = trust.door.people.with({ authorization: `Bearer ${(await made('owner', 'theirs')).secret}` });
    expect((await theirs.post(`/trust/changes/${asked.id}/approve`)).json()).toMatchObject({ state: 'applied' });
    expect((await trust.approve(asked.id)).json().code).toBe('transition_refused');
  });

  it('find a step that can never be done any more failed, with the reason', async () => {
    const { kid } = await keyIn('release', 'next');
    const [first, second] = [
      (await trust.propose({ kind: 'revoke_key', kid })).json(),
      (await trust.propose({ kind: 'revoke_key', kid })).json(),
    ];
    expect((await trust.approve(first.id)).statusCode).toBe(200);
    expect((await trust.approve(second.id)).json().code).toBe('transition_refused');
    const { items } = (await trust.as('auditor').get('/trust/changes?state=failed')).json();
    expect(items).toMatchObject([
      { id: second.id, outcome: expect.stringContaining('is revoked'), decidedBy: 'owner' },
    ]);
    const entries = (await trust.as('auditor').get(`/audit?resource=trust_change:${second.id}`)).json().items;
    expect(entries.map(({ action }: { action: string }) => action)).toEqual([
      'trust_change.failed',
      'trust_change.proposed',
    ]);
  });

  it('close after a week', async () => {
    const asked = (await trust.propose({ kind: 'rotate_key', purpose: 'trust' })).json();
    await test.database.system((tx) =>
      tx.execute('update trust_changes set expires_at = $2 where id = $1', [asked.id, clock.now()]),
    );
    expect((await trust.approve(asked.id)).json()).toMatchObject({ code: 'transition_refused' });
    expect((await trust.as('auditor').get(`/trust/changes/${asked.id}`)).json()).toMatchObject({ state: 'expired' });
  });
});

describe('a release key that is kept elsewhere', () => {
  const register = async () => {
    const { change } = tool('keygen', `${Math.random()}.key`);
    return change;
  };

  it('is registered with a proof, and refused without', async () => {
    const [one, two] = [await register(), await register()];
    const stolen = await trust.propose({ ...one, proof: two.proof });
    expect([stolen.statusCode, stolen.json().code]).toEqual([422, 'proof_invalid']);
    const leaked = await trust.propose({ ...one, publicJwk: { ...one.publicJwk, d: 'AAAA' } });
    expect(leaked.json()).toMatchObject({ code: 'proof_invalid', detail: expect.stringContaining('private half') });
  });

  it('signs with a command on another machine, over exactly the manifest that was handed out', async () => {
    const { change } = tool('keygen', 'release.key');
    await trust.agree(change);
    const { kid } = await keyIn('release', 'next');
    await trust.acknowledgeAll();
    await trust.agree({ kind: 'activate_key', kid });
    expect(await keyIn('release', 'active')).toMatchObject({ kid, offline: true });

    const draft = await releases.draft('3.0.0');
    const missing = await releases.step(draft, 'sign', 'admin');
    expect([missing.statusCode, missing.json().code]).toEqual([422, 'signature_missing']);
    const manifest = (await trust.as('viewer').get(`/releases/${draft.id}/manifest`)).json();
    expect(manifest).toMatchObject({ kid, offline: true, algorithm: 'EdDSA' });
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const { manifestJws } = tool('sign', 'release.key', 'manifest.json');

    const send = (jws: string) =>
      trust.as('admin').post(`/releases/${draft.id}/sign`, { manifestJws: jws }, { 'if-match': `"${draft.etag}"` });
    tool('keygen', 'foreign.key');
    const foreign = tool('sign', 'foreign.key', 'manifest.json').manifestJws;
    const edited = { ...manifest, payload: manifest.payload.replace('3.0.0', '3.0.1') };
    edited.sha256 = createHash('sha256').update(edited.payload).digest('hex');
    writeFileSync(join(folder, 'edited.json'), JSON.stringify(edited));
    for (const wrong of [foreign, tool('sign', 'release.key', 'edited.json').manifestJws, 'x.y.z']) {
      const refused = await send(wrong);
      expect([refused.statusCode, refused.json().code]).toEqual([422, 'signature_refused']);
    }
    const signed = await send(manifestJws);
    expect(signed.json()).toMatchObject({ state: 'signed', manifestJws });
    const believed = await verifyManifest(manifestJws, keysIn((await newest()).jws), tenant);
    expect(believed).toMatchObject({ ok: true, claims: { version: '3.0.0' } });
  });
});
