import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { constants, zstdDecompressSync } from 'node:zlib';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { deltaStore } from '@muster/persistence/releases/delta.store';
import { createLogger } from '@muster/runtime/logging/logger';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeltaBuilder } from '../../../worker/src/releases/delta-builder.js';
import { CampaignsModule } from '../campaigns/campaigns.module.js';
import {
  type ClientIdentity,
  type DoorHarness,
  identityOf,
  newRequest,
  openDoorHarness,
} from '../device-door/door.harness.js';
import { DevicesModule } from '../devices/devices.module.js';
import { DeviceArtifactsModule } from './device-artifacts.module.js';
import { ReleasesModule } from './releases.module.js';

const TENANT = 'acme';
const kib = (n: number) => n * 1024;
const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const old = randomBytes(kib(400));
const next = Buffer.concat([old.subarray(0, kib(50)), randomBytes(300), old.subarray(kib(51))]);
const gate = {
  ...{ maxFailureRate: 0.1, maxTimeoutRate: 0.1, minSuccessRate: 0.8, minSample: 1, minResolvedShare: 0.9, soakS: 60 },
};

interface Enrolled {
  readonly deviceId: string;
  readonly as: ClientIdentity;
}

let test: TestDatabase;
let door: DoorHarness;
let device: Enrolled;
let stranger: Enrolled;
let from: Release;
let to: Release;
let campaignId: string;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  const deviceSlices = [DeviceArtifactsModule];
  door = await openDoorHarness(test.database, clock, [DevicesModule, ReleasesModule, CampaignsModule], {
    deviceSlices,
  });
  [device, stranger] = [await enrol('S-1'), await enrol('S-2')];
  from = await publish('1.0.0', old);
  to = await publish('2.0.0', next);
  await confirmed(device, from);
  campaignId = await launch(to);
  await builder().buildAll();
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});

const builder = () =>
  new DeltaBuilder(
    test.database,
    openStorage({ data: door.data }),
    { data: door.data },
    clock,
    createLogger({ process: 'worker', level: 'silent' }),
  );

async function publish(version: string, content: Buffer): Promise<Release> {
  const owner = door.people.as('owner');
  const declared = { name: 'fw.bin', size: content.length, sha256: digest(content) };
  const artifactId = (await owner.post('/artifacts', declared)).json().id;
  await door.people.app.inject({
    method: 'PUT',
    url: `/api/v1/artifacts/${artifactId}/content`,
    headers: { cookie: `muster_session=${door.people.tokens.owner}`, 'content-type': 'application/octet-stream' },
    payload: content,
  });
  let release = (await owner.post('/releases', { name: 'fw', version, models: ['gw-1'], artifactId })).json();
  for (const verb of ['sign', 'publish'])
    release = (await owner.post(`/releases/${release.id}/${verb}`, {}, { 'if-match': `"${release.etag}"` })).json();
  return release;
}

async function enrol(serial: string): Promise<Enrolled> {
  const { key, csr } = newRequest();
  const answer = (await door.enroll((await door.token()).token, { csr, model: 'gw-1', serial })).json();
  return { deviceId: answer.deviceId, as: identityOf(key, answer) };
}

const confirmed = ({ deviceId }: Enrolled, { id, version }: Release) =>
  test.database.tenant(TENANT, (tx) =>
    tx.query(
      'insert into device_releases (tenant_id, device_id, n, release_id, version, confirmed_at) values ($1, $2, 1, $3, $4, $5)',
      [TENANT, deviceId, id, version, clock.now()],
    ),
  );

/** Launches a campaign to the release on every device; resolves to its id. */
async function launch({ id: releaseId }: Release): Promise<string> {
  const owner = door.people.as('owner');
  const plan = { waves: [{ size: { percent: 100 } }], gate };
  const created = await owner.post('/campaigns', { name: `r ${releaseId}`, releaseId, selector: {}, plan });
  const { id } = created.json();
  await owner.post(`/campaigns/${id}/launch`, {}, { 'if-match': String(created.headers.etag) });
  return id;
}
const campaign = async () => (await door.people.as('owner').get(`/campaigns/${campaignId}`)).json();

const offer = ({ deviceId }: Enrolled) =>
  test.database.tenant(TENANT, (tx) =>
    tx.query(`update executions set state = 'offered' where campaign_id = $1 and device_id = $2`, [
      campaignId,
      deviceId,
    ]),
  );

/** Bytes, as the device gets them. */
const fetch = ({ as }: Enrolled, path: string, range?: string) =>
  new Promise<{ status: number; length: string | undefined; body: Buffer }>((resolve, reject) => {
    const headers = range === undefined ? {} : { range };
    const options = {
      path,
      port: door.port,
      host: 'localhost',
      family: 4,
      agent: false,
      ca: door.tls.ca,
      headers,
      ...as,
    };
    request(options, async (answer) => {
      const body = await buffer(answer);
      resolve({ status: answer.statusCode ?? 0, length: answer.headers['content-length'], body });
    })
      .once('error', reject)
      .end();
  });

const offered = ({ deviceId }: Enrolled) =>
  test.database.tenant(TENANT, (tx) => deltaStore.deltaFor(tx, deviceId, to.id));

/** Applied as the tool everybody has would, where it is installed. */
function patched(patch: Buffer): Buffer {
  const at = (name: string) => join(door.data, name);
  if (!existsSync('/usr/bin/zstd'))
    return zstdDecompressSync(patch, { dictionary: old, params: { [constants.ZSTD_d_windowLogMax]: 31 } });
  writeFileSync(at('base'), old);
  writeFileSync(at('patch'), patch);
  execFileSync('/usr/bin/zstd', ['-d', '-q', `--patch-from=${at('base')}`, at('patch'), '-o', at('whole')]);
  return readFileSync(at('whole'));
}

describe('a delta', () => {
  it('built by the worker comes through the device door and gives the artifact', async () => {
    const delta = (await offered(device))!;
    expect(delta).toMatchObject({ baseSha256: digest(old), path: `/device/v1/artifacts/${delta.sha256}` });
    expect(delta.size).toBeLessThan(kib(4));
    expect((await fetch(device, delta.path)).status).toBe(403);
    await offer(device);
    const whole = await fetch(device, delta.path);
    expect([whole.status, whole.length, digest(whole.body)]).toEqual([200, String(delta.size), delta.sha256]);
    expect(patched(whole.body).equals(next)).toBe(true);
    const rest = await fetch(device, delta.path, 'bytes=100-');
    expect([rest.status, rest.body.equals(whole.body.subarray(100))]).toEqual([206, true]);
    const release: Release = (await door.people.as('owner').get(`/releases/${to.id}`)).json();
    expect(release.deltas).toMatchObject([{ fromReleaseId: from.id, fromVersion: '1.0.0', size: delta.size }]);
  });

  it('is for devices that have its base', async () => {
    const delta = (await offered(device))!;
    await offer(stranger);
    expect(await offered(stranger)).toBeNull();
    expect((await fetch(stranger, delta.path)).status).toBe(403);
    expect((await fetch(stranger, `/device/v1/artifacts/${digest(next)}`)).status).toBe(200);
  });

  it.each(['delta', 'artifact'])(
    'damaged on disk is not handed out, and the device is told to come back: the %s',
    async (what) => {
      const delta = (await offered(device))!;
      await offer(device);
      const sha256 = what === 'delta' ? delta.sha256 : digest(next);
      const file = join(door.data, 'artifacts', TENANT, sha256);
      const right = readFileSync(file);
      truncateSync(file, right.length - 1);
      const answer = await fetch(device, `/device/v1/artifacts/${sha256}`, 'bytes=0-9');
      expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([503, 'unavailable']);
      writeFileSync(file, Buffer.concat([right.subarray(1), right.subarray(0, 1)]));
      expect((await fetch(device, `/device/v1/artifacts/${sha256}`)).status).toBe(503);
      writeFileSync(file, right);
      expect((await fetch(device, `/device/v1/artifacts/${sha256}`)).status).toBe(200);
    },
  );

  it('makes the campaign say what it waits for until it is built', async () => {
    expect((await campaign()).sentence).toBe('Preparing: the targets are frozen and the first wave is about to open.');
    await test.database.tenant(TENANT, (tx) => tx.query(`update deltas set state = 'wanted', lease_until = null`));
    expect((await campaign()).sentence).toBe('Preparing: 0 of 1 delta is built.');
    await builder().buildAll();
    expect((await campaign()).sentence).toBe('Preparing: the targets are frozen and the first wave is about to open.');
  });

  it('to a revoked release is refused', async () => {
    const delta = (await offered(device))!;
    await offer(device);
    const { etag } = (await door.people.as('owner').get(`/releases/${to.id}`)).json();
    await door.people.as('owner').post(`/releases/${to.id}/revoke`, { reason: 'bad' }, { 'if-match': `"${etag}"` });
    expect((await fetch(device, delta.path)).status).toBe(403);
  });
});
