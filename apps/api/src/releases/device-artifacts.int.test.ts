import { createHash, randomBytes } from 'node:crypto';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
const content = randomBytes(5_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const gate = {
  ...{ maxFailureRate: 0.1, maxTimeoutRate: 0.1, minSuccessRate: 0.8, minSample: 1, minResolvedShare: 0.9, soakS: 60 },
};

interface Enrolled {
  readonly deviceId: string;
  readonly as: ClientIdentity;
}

let test: TestDatabase;
let door: DoorHarness;
let artifactId: string;
let releaseId: string;
let campaignId: string;
const clock = new FakeClock(new Date());
const metrics = new Registry();

beforeAll(async () => {
  test = await testDatabase();
  const deviceSlices = [DeviceArtifactsModule];
  door = await openDoorHarness(test.database, clock, [DevicesModule, ReleasesModule, CampaignsModule], {
    deviceSlices,
    metrics,
  });
  await publish();
});
afterAll(async () => {
  await door?.close();
  await test?.drop();
});

async function publish() {
  const manager = door.people.as('owner');
  artifactId = (await manager.post('/artifacts', { name: 'fw.bin', size: content.length, sha256 })).json().id;
  await door.people.app.inject({
    method: 'PUT',
    url: `/api/v1/artifacts/${artifactId}/content`,
    headers: { cookie: `muster_session=${door.people.tokens.owner}`, 'content-type': 'application/octet-stream' },
    payload: content,
  });
  let release = (
    await manager.post('/releases', { name: 'fw', version: '2.0.0', models: ['gw-1'], artifactId })
  ).json();
  for (const verb of ['sign', 'publish'])
    release = (await manager.post(`/releases/${release.id}/${verb}`, {}, { 'if-match': `"${release.etag}"` })).json();
  releaseId = release.id;
  const plan = { waves: [{ size: { percent: 100 } }], gate };
  campaignId = (await manager.post('/campaigns', { name: 'r', releaseId, selector: {}, plan })).json().id;
}

let serial = 0;
async function enrol(): Promise<Enrolled> {
  const { key, csr } = newRequest();
  const answer = (
    await door.enroll((await door.token()).token, { csr, model: 'gw-1', serial: `S-${++serial}` })
  ).json();
  return { deviceId: answer.deviceId, as: identityOf(key, answer) };
}
const offer = ({ deviceId }: Enrolled, state = 'offered') =>
  test.database.tenant(TENANT, (tx) =>
    tx.query(
      'insert into executions (tenant_id, id, campaign_id, device_id, wave, state, release_id) values ($1, $2, $3, $4, 1, $5, $6)',
      [TENANT, uuidv7(), campaignId, deviceId, state, releaseId],
    ),
  );
const fetch = ({ as }: { as?: ClientIdentity }, ref = artifactId, range?: string) =>
  door.send('GET', `/device/v1/artifacts/${ref}`, { ...(as && { as }), ...(range && { headers: { range } }) });
const counted = async (code: string) =>
  Number(
    new RegExp(`muster_http_refusals_total\\{door="devices",code="${code}"\\} (\\d+)`).exec(
      await metrics.metrics(),
    )?.[1] ?? 0,
  );

describe('an artifact', () => {
  it('comes whole, by id or digest, or from where a download stopped', async () => {
    const device = await enrol();
    await offer(device);
    for (const ref of [artifactId, sha256]) {
      const whole = await fetch(device, ref);
      expect([whole.status, whole.headers['content-length'], whole.headers.etag]).toEqual([200, '5000', `"${sha256}"`]);
    }
    const rest = await fetch(device, artifactId, 'bytes=4990-');
    expect([rest.status, rest.headers['content-range']]).toEqual([206, 'bytes 4990-4999/5000']);
    const beyond = await fetch(device, artifactId, 'bytes=5000-');
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */5000']);
    expect(beyond.json().code).toBe('range_not_satisfiable');
  });

  it('is for devices with an open execution that names it, and for them as long as it is open', async () => {
    const [none, done, open] = [await enrol(), await enrol(), await enrol()];
    await offer(done, 'succeeded');
    await offer(open);
    for (const device of [none, done]) expect((await fetch(device)).json().code).toBe('artifact_forbidden');
    // Whether such an artifact exists is nobody's business.
    const [known, unknown] = [await fetch(none), await fetch(none, '01970000-0000-7000-8000-0000000fffff')];
    expect({ ...known.json(), instance: '', requestId: '' }).toEqual({
      ...unknown.json(),
      instance: '',
      requestId: '',
    });
    expect((await fetch(open)).status).toBe(200);
    const release = (await door.people.as('owner').get(`/releases/${releaseId}`)).json();
    expect(release.state).toBe('published');
    expect(await counted('artifact_forbidden')).toBe(4);
  });

  it('needs a certificate that is ours, current and not revoked', async () => {
    const device = await enrol();
    await offer(device);
    expect((await fetch({})).json()).toMatchObject({ code: 'certificate_unknown', status: 401 });
    const owner = door.people.as('owner');
    const [certificate] = (await owner.get(`/devices/${device.deviceId}/certificates`)).json().items;
    await owner.post(`/certificates/${certificate.id}/revoke`, { reason: 'keyCompromise' });
    expect((await fetch(device)).json()).toMatchObject({ code: 'certificate_revoked', status: 403 });

    const [quarantined, late] = [await enrol(), await enrol()];
    for (const one of [quarantined, late]) await offer(one);
    const { etag } = (await owner.get(`/devices/${quarantined.deviceId}`)).headers;
    await owner.post(`/devices/${quarantined.deviceId}/quarantine`, { reason: 'odd' }, { 'if-match': String(etag) });
    expect((await fetch(quarantined)).json()).toMatchObject({ code: 'device_tombstoned', status: 403 });
    clock.advance(91 * 86_400_000);
    expect((await fetch(late)).json()).toMatchObject({ code: 'certificate_expired', status: 401 });
    for (const code of ['certificate_unknown', 'certificate_revoked', 'device_tombstoned', 'certificate_expired'])
      expect(await counted(code)).toBe(1);
  });
});
