import type { ReleasePatch } from '@muster/contracts/releases/releases.schema';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditModule } from '../audit/audit.module.js';
import { CampaignsModule } from '../campaigns/campaigns.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { claimsOf, Releases } from './releases.harness.js';

const clock = new FakeClock('2026-11-21T09:00:00.000Z');
const inAYear = '2027-11-21T00:00:00.000Z';
let test: TestDatabase;
let releases: Releases;

beforeAll(async () => {
  test = await testDatabase();
  releases = await Releases.open(test.database, clock, [DevicesModule, CampaignsModule, AuditModule]);
});
afterAll(async () => {
  await releases?.close();
  await test?.drop();
});

const patch = (release: { id: string; etag: number }, body: ReleasePatch) =>
  releases.as('release_manager').patch(`/releases/${release.id}`, body, { 'if-match': `"${release.etag}"` });
const governance = (separateSigner: boolean) => releases.as('admin').patch('/governance', { separateSigner });

describe('what a release demands', () => {
  it('is kept, signed into the manifest, and names who signed and who published', async () => {
    const demands = { hardwareRevisions: ['B', 'C'], minVersion: '1.4.0', passThrough: true, supportUntil: inAYear };
    const draft = await releases.draft('2.0.0', { ...demands, rollbackIndex: 3, notes: 'Fixes it.' });
    expect(draft).toMatchObject({ ...demands, createdBy: 'release_manager', signedBy: null, publishedBy: null });
    const signed = (await releases.step(draft, 'sign', 'admin')).json();
    const published = (await releases.step(signed, 'publish', 'owner')).json();
    expect(published).toMatchObject({ state: 'published', signedBy: 'admin', publishedBy: 'owner', ...demands });
    expect(claimsOf(published.manifestJws)).toMatchObject({
      hardwareRevisions: ['B', 'C'],
      minVersion: '1.4.0',
      supportUntil: inAYear,
      rollbackIndex: 3,
    });
  });

  it.each([
    ['minVersion', { minVersion: '3.1.0' }],
    ['minVersion', { minVersion: '9.0.0-rc.1' }],
    ['supportUntil', { supportUntil: '2026-11-21T08:59:59.999Z' }],
    ['supportUntil', { supportUntil: '2027-77-77T00:00:00.000Z' }],
  ])('is refused by %s when it cannot be: %j', async (field, more) => {
    const { id: artifactId } = await releases.artifact();
    const body = { name: 'fw', version: '3.1.0', models: ['gw-1'], artifactId, ...more };
    const answer = await releases.as('release_manager').post('/releases', body);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'validation_failed']);
    expect(answer.json().errors).toMatchObject([{ pointer: `/body/${field}` }]);
  });
});

describe('changing a release', () => {
  it('is free while it is a draft, for whoever read its newest version', async () => {
    const draft = await releases.draft('2.1.0', { minVersion: '1.0.0', supportUntil: inAYear });
    const all = { models: ['gw-2'], hardwareRevisions: ['D'], minVersion: null, passThrough: true, rollbackIndex: 9 };
    const changed = (await patch(draft, { ...all, supportUntil: null, notes: 'n' })).json();
    expect(changed).toMatchObject({ ...all, supportUntil: null, notes: 'n', etag: draft.etag + 1 });
    const stale = await patch(draft, { notes: 'late' });
    expect([stale.statusCode, stale.json().code]).toEqual([412, 'precondition_failed']);
    const wrong = await patch(changed, { minVersion: '2.1.0' });
    expect(wrong.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/minVersion' }] });
  });

  it('is refused by name once it is signed, except for notes and the end of support', async () => {
    const published = await releases.published('2.2.0', { rollbackIndex: 1 });
    const refused = await patch(published, { rollbackIndex: 2, models: ['gw-9'], notes: 'x' });
    expect([refused.statusCode, refused.json().code]).toEqual([409, 'version_immutable']);
    expect(refused.json()).toMatchObject({ facts: { fields: ['models', 'rollbackIndex'] } });
    const ended = clock.now().toISOString();
    const changed = await patch(published, { notes: 'Ended early.', supportUntil: ended, rollbackIndex: 1 });
    expect(changed.json()).toMatchObject({ notes: 'Ended early.', supportUntil: ended, rollbackIndex: 1 });
    expect(changed.json().manifestJws).toBe(published.manifestJws);
    const { items } = (await releases.as('auditor').get(`/audit?resource=release:${published.id}`)).json();
    expect(items[0]).toMatchObject({ action: 'release.changed', actor: { name: 'release_manager' } });
  });
});

describe('duties kept apart', () => {
  it('are a choice of the tenant that only its admins make, and that is written down', async () => {
    expect((await releases.as('auditor').get('/governance')).json()).toEqual({ separateSigner: false });
    expect((await releases.as('release_manager').patch('/governance', { separateSigner: true })).statusCode).toBe(403);
    expect((await governance(true)).json()).toEqual({ separateSigner: true });
    const { items } = (await releases.as('auditor').get('/audit?resource=tenant:acme')).json();
    expect(items[0]).toMatchObject({ action: 'governance.changed', actor: { name: 'admin' } });
    await governance(false);
  });

  it('keep the author from signing and the signer from launching, while others may', async () => {
    await governance(true);
    const draft = await releases.draft('2.3.0');
    const own = await releases.step(draft, 'sign', 'release_manager');
    expect([own.statusCode, own.json().code]).toEqual([403, 'author_may_not_sign']);
    const signed = (await releases.step(draft, 'sign', 'admin')).json();
    const published = (await releases.step(signed, 'publish', 'admin')).json();

    await releases.as('admin').post('/devices', { serial: 'S-1', name: 'one', model: 'gw-1' });
    const gate = { maxFailureRate: 0.1, maxTimeoutRate: 0.1, minSuccessRate: 0.8, minSample: 1, minResolvedShare: 0.9 };
    const plan = { waves: [{ size: { percent: 100 } }], gate: { ...gate, soakS: 60 } };
    const body = { name: 'r', releaseId: published.id, selector: {}, plan };
    const made = (await releases.as('admin').post('/campaigns', body)).json();
    const launch = (role: 'admin' | 'owner') =>
      releases.as(role).post(`/campaigns/${made.id}/launch`, {}, { 'if-match': `"${made.version ?? made.etag}"` });
    const refused = await launch('admin');
    expect([refused.statusCode, refused.json().code]).toEqual([403, 'signer_may_not_deploy']);
    expect((await launch('owner')).json().code).not.toBe('signer_may_not_deploy');
    await governance(false);
  });

  it('are nobody’s concern while the tenant does not ask for them', async () => {
    const signed = await releases.step(await releases.draft('2.4.0'), 'sign', 'release_manager');
    expect(signed.json()).toMatchObject({ state: 'signed', signedBy: 'release_manager' });
  });
});
