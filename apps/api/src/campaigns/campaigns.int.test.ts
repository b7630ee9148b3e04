import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { SETTINGS } from '@muster/runtime/config/settings';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIdentity } from '../bootstrap/open-identity.js';
import { openHarness } from '../people.harness.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { CampaignsModule } from './campaigns.module.js';

let test: TestDatabase;
let data: string;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock();

beforeAll(async () => {
  test = await testDatabase();
  data = await mkdtemp(join(tmpdir(), 'muster-campaigns-'));
  const { database } = test;
  const urls = { host: 'localhost', port: 8080, devicePort: 8443, mqttPort: 8883 };
  const { door } = openIdentity({ data, ...urls }, { database, clock, kek: Buffer.alloc(32, 3) });
  const providers = [
    { provide: IdentityDoor, useValue: door },
    { provide: SETTINGS, useValue: { data } },
    { provide: ArtifactStorage, useValue: openStorage({ data, artifactsUrl: undefined }) },
  ];
  api = await openHarness(database, clock, [ReleasesModule, CampaignsModule], { providers });
});
afterAll(async () => {
  await api.close();
  await test.drop();
  await rm(data, { recursive: true });
});

const manager = () => api.as('release_manager');

const upload = (id: string, content: Buffer, headers: Record<string, string> = {}) =>
  api.app.inject({
    method: 'PUT',
    url: `/api/v1/artifacts/${id}/content`,
    headers: {
      cookie: `muster_session=${api.tokens.release_manager}`,
      'content-type': 'application/octet-stream',
      ...headers,
    },
    payload: content,
  });

async function artifact(content: Buffer, sha256 = createHash('sha256').update(content).digest('hex')) {
  const answer = await manager().post('/artifacts', { name: 'fw.bin', size: content.length, sha256 });
  return answer.json();
}

const etag = (resource: { etag?: number; version?: number }) => ({
  'if-match': `"${resource.etag ?? resource.version}"`,
});

async function published(version: string, models = ['m1'], rollbackIndex = 0) {
  const content = randomBytes(1000);
  const made = await artifact(content);
  await upload(made.id, content);
  const body = { name: 'firmware', version, models, artifactId: made.id, rollbackIndex };
  let release = (await manager().post('/releases', body)).json();
  for (const verb of ['sign', 'publish'])
    release = (await manager().post(`/releases/${release.id}/${verb}`, {}, etag(release))).json();
  return release;
}

async function devices(n: number, site: string, more: { model?: string; version?: string } = {}): Promise<string[]> {
  return test.database.tenant('acme', async (tx) => {
    const ids: string[] = [];
    for (let i = 0; i < n; i++) {
      const row = await deviceStore.insert(
        tx,
        {
          name: `${site}-${i}`,
          serial: `${site}-${i}`,
          model: more.model ?? 'm1',
          hardwareRevision: null,
          class: 'gateway',
          site,
          labels: {},
          state: 'active',
        },
        clock.now(),
      );
      ids.push(row!.id);
    }
    await tx.query('update devices set firmware_version = $2 where id = any($1::uuid[])', [
      ids,
      more.version ?? '1.0.0',
    ]);
    return ids;
  });
}

const gate = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
};
const draft = (releaseId: string, site: string, plan: object = {}) => ({
  name: 'rollout',
  releaseId,
  selector: { site: [site] },
  plan: { waves: [{ size: { percent: 1 } }, { size: { percent: 10 } }, { size: { percent: 100 } }], gate, ...plan },
});
const act = (campaign: { id: string; version: number }, verb: string, body: object = {}, as = manager()) =>
  as.post(`/campaigns/${campaign.id}/${verb}`, body, etag(campaign));

describe('artifacts and releases', () => {
  it('goes on where an upload stopped and verifies what lies on disk', async () => {
    const content = randomBytes(5000);
    const made = await artifact(content);
    const first = await upload(made.id, content.subarray(0, 2000), { 'content-range': 'bytes 0-1999/5000' });
    expect(first.json()).toMatchObject({ received: 2000, state: 'uploading' });
    const gap = await upload(made.id, content.subarray(3000), { 'content-range': 'bytes 3000-4999/5000' });
    expect(gap.json()).toMatchObject({ code: 'range_not_satisfiable', facts: { received: 2000 } });
    const rest = await upload(made.id, content.subarray(2000), { 'content-range': 'bytes 2000-4999/5000' });
    expect(rest.json()).toMatchObject({ received: 5000, state: 'complete' });
    expect((await upload(made.id, content)).json()).toMatchObject({ state: 'complete' });
  });

  it('refuses other content than declared, and more of it, and keeps neither', async () => {
    const content = randomBytes(100);
    const made = await artifact(content, 'f'.repeat(64));
    expect((await upload(made.id, content)).json().code).toBe('artifact_digest_mismatch');
    expect((await upload(made.id, randomBytes(101))).json().code).toBe('payload_too_large');
    expect((await manager().get(`/artifacts/${made.id}`)).json()).toMatchObject({ received: 0, state: 'uploading' });
    const body = { name: 'firmware', version: '9.9.9', models: ['m1'], artifactId: made.id };
    expect((await manager().post('/releases', body)).json().code).toBe('artifact_incomplete');
  });

  it('signs once, publishes what is signed, and revokes for good', async () => {
    const release = await published('1.5.0');
    expect(release).toMatchObject({ state: 'published', version: '1.5.0' });
    expect(release.manifestJws.split('.')).toHaveLength(3);
    expect((await manager().post(`/releases/${release.id}/sign`, {}, etag(release))).json().code).toBe(
      'release_state_refused',
    );
    expect((await manager().post(`/releases/${release.id}/revoke`, {}, { 'if-match': '"1"' })).statusCode).toBe(412);
    expect((await manager().post(`/releases/${release.id}/revoke`, {}, etag(release))).json().state).toBe('revoked');
    const again = await manager().post('/releases', {
      name: 'firmware',
      version: '1.5.0',
      models: ['m1'],
      artifactId: release.artifact.id,
    });
    expect(again.json().code).toBe('already_exists');
  });
});

describe('campaigns', () => {
  it('says before the launch who is reached in which wave, who is left out and why', async () => {
    const release = await published('2.0.0');
    await devices(200, 'preview');
    await devices(3, 'preview-b', { model: 'm2' });
    await devices(2, 'preview-c', { version: '2.0.0' });
    const body = { ...draft(release.id, 'preview'), selector: { site: ['preview', 'preview-b', 'preview-c'] } };
    const preview = (await manager().post('/campaigns/preview', body)).json();
    expect(preview).toMatchObject({ matched: 205, eligible: 200, offline: 200, problems: [] });
    expect(preview.waves.map((w: { size: number; minSample: number }) => [w.size, w.minSample])).toEqual([
      [2, 2],
      [18, 10],
      [180, 10],
    ]);
    const reasons = preview.exclusions.map((e: { reasonCode: string; count: number }) => [e.reasonCode, e.count]);
    expect(Object.fromEntries(reasons)).toEqual({ hardware_incompatible: 3, already_satisfied: 2 });
  });

  it('refuses plans by name and changes nothing', async () => {
    const release = await published('2.1.0');
    await devices(2, 'tiny');
    const create = async (plan: object) =>
      (await manager().post('/campaigns', draft(release.id, 'tiny', plan))).json().code;
    expect(await create({})).toBe('plan_empty_wave');
    expect(await create({ waves: [{ size: { percent: 50 } }] })).toBe('plan_uncovering');
    expect(
      await create({ waves: [{ size: { percent: 50 } }, { size: { percent: 50 } }, { size: { percent: 100 } }] }),
    ).toBe('plan_invalid');
    expect(await create({ waves: [{ size: { percent: 'all' } }] })).toBe('validation_failed');
    expect(
      (await manager().get('/campaigns?pageSize=10')).json().items.filter((c: { targets: number }) => c.targets),
    ).toEqual([]);
  });

  it('launches on frozen targets, and is steered by whoever names the version they saw', async () => {
    const release = await published('2.2.0');
    await devices(20, 'steer');
    const made = (
      await manager().post(
        '/campaigns',
        draft(release.id, 'steer', { waves: [{ size: { devices: 2 } }, { size: { percent: 100 } }] }),
      )
    ).json();
    expect(made).toMatchObject({
      state: 'draft',
      waves: [],
      sentence: 'A draft: nothing happens until it is launched.',
    });
    expect((await manager().post(`/campaigns/${made.id}/launch`, {})).statusCode).toBe(428);
    const launched = (await act(made, 'launch')).json();
    expect(launched).toMatchObject({ state: 'preparing', targets: 20, counters: { waiting: 20 } });
    expect(launched.waves.map((w: { size: number }) => w.size)).toEqual([2, 18]);
    expect((await act(made, 'pause')).json().code).toBe('precondition_failed');
    expect((await act(launched, 'resume')).json()).toMatchObject({
      code: 'campaign_state_refused',
      facts: { allowed: ['start', 'fail', 'pause', 'stop'] },
    });

    const other = (await manager().post('/campaigns/preview', draft(release.id, 'steer'))).json();
    expect(other.exclusions[0]).toMatchObject({ reasonCode: 'in_another_campaign', count: 20 });

    const stopped = (await act(launched, 'stop', { reason: 'changed my mind' })).json();
    expect(stopped).toMatchObject({ state: 'stopping', counters: { other: 20, waiting: 0 } });
    const records = (await manager().get(`/campaigns/${made.id}/decisions`)).json().items;
    expect(records.map((r: { code: string }) => r.code)).toEqual(['stop', 'launch', 'launched']);
    for (const record of records) expect(explainDecision(record)).toBe(record.sentence);
  });

  it('lets nobody approve what they drafted', async () => {
    const release = await published('2.3.0');
    await devices(3, 'eyes');
    const admin = api.as('admin');
    const body = draft(release.id, 'eyes', { approval: true });
    const made = (await admin.post('/campaigns', body)).json();
    const waiting = (await act(made, 'launch', {}, admin)).json();
    expect(waiting).toMatchObject({ state: 'awaiting_approval', targets: 0 });
    expect((await act(waiting, 'approve', {}, admin)).json().code).toBe('approval_by_creator');
    expect((await act(waiting, 'approve', {}, manager())).json().code).toBe('forbidden');
    expect((await act(waiting, 'approve', {}, api.as('approver'))).json()).toMatchObject({
      state: 'preparing',
      approvedBy: 'approver',
    });
  });

  it('does not roll out what is not published', async () => {
    const release = await published('2.4.0');
    await devices(3, 'revoked');
    const made = (await manager().post('/campaigns', draft(release.id, 'revoked'))).json();
    await manager().post(`/releases/${release.id}/revoke`, {}, etag(release));
    expect((await act(made, 'launch')).json().code).toBe('release_state_refused');
    expect((await manager().post('/campaigns', draft(release.id, 'revoked'))).json().code).toBe(
      'release_state_refused',
    );
  });

  it('explains a device by the first thing in its way', async () => {
    const release = await published('2.5.0');
    const [id] = await devices(3, 'why');
    const explain = async () => (await api.as('viewer').get(`/devices/${id}/explanation`)).json();
    expect(await explain()).toMatchObject({ code: 'on_target' });
    const made = (await manager().post('/campaigns', draft(release.id, 'why'))).json();
    await act(made, 'launch');
    expect(await explain()).toMatchObject({ code: 'offline' });
    const list = (await api.as('viewer').get(`/campaigns/${made.id}/executions?pageSize=2`)).json();
    expect(list.items).toHaveLength(2);
    const rest = (
      await api.as('viewer').get(`/campaigns/${made.id}/executions?pageSize=2&pageToken=${list.nextPageToken}`)
    ).json();
    expect(rest.items).toHaveLength(1);
  });

  it('hides campaigns of others', async () => {
    const unknown = '01970000-0000-7000-8000-00000000ffff';
    for (const path of ['', '/explanation', '/executions', '/failures', '/exclusions', '/decisions'])
      expect((await manager().get(`/campaigns/${unknown}${path}`)).statusCode).toBe(404);
  });
});
