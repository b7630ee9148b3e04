import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CampaignsModule } from '../campaigns/campaigns.module.js';
import { identityOf, newRequest } from '../device-door/door.harness.js';
import { DevicesModule } from '../devices/devices.module.js';
import { DeviceArtifactsModule } from './device-artifacts.module.js';
import { Releases } from './releases.harness.js';

let test: TestDatabase;
let releases: Releases;

beforeAll(async () => {
  test = await testDatabase();
  const deviceSlices = [DeviceArtifactsModule];
  releases = await Releases.open(test.database, new FakeClock(new Date()), [DevicesModule, CampaignsModule], {
    deviceSlices,
  });
});
afterAll(async () => {
  await releases?.close();
  await test?.drop();
});

it('a device in the middle of an update is refused the artifact from the moment its release is revoked', async () => {
  const release = await releases.published('2.0.0');
  const { key, csr } = newRequest();
  const { token } = await releases.door.token();
  const enrolled = (await releases.door.enroll(token, { csr, model: 'gw-1', serial: 'S-1' })).json();
  const gate = { maxFailureRate: 0.1, maxTimeoutRate: 0.1, minSuccessRate: 0.8, minSample: 1, minResolvedShare: 0.9 };
  const plan = { waves: [{ size: { percent: 100 } }], gate: { ...gate, soakS: 60 } };
  const campaign = { name: 'r', releaseId: release.id, selector: {}, plan };
  const { id: campaignId } = (await releases.as('owner').post('/campaigns', campaign)).json();
  await test.database.tenant('acme', (tx) =>
    tx.query(
      `insert into executions (tenant_id, id, campaign_id, device_id, wave, state, release_id)
       values ('acme', $1, $2, $3, 1, 'downloading', $4)`,
      [uuidv7(), campaignId, enrolled.deviceId, release.id],
    ),
  );
  const fetch = () =>
    releases.door.send('GET', `/device/v1/artifacts/${release.artifact.sha256}`, { as: identityOf(key, enrolled) });
  expect((await fetch()).status).toBe(200);

  const revoked = await releases.step(release, 'revoke', 'owner');
  expect(revoked.json()).toMatchObject({ state: 'revoked' });
  const refused = await fetch();
  expect([refused.status, refused.json().code]).toEqual([403, 'artifact_forbidden']);
  const letters = await test.database.tenant('acme', (tx) =>
    tx.query(`select key from outbox where type = 'release.revoked'`),
  );
  expect(letters).toEqual([{ key: release.id }]);
  for (const verb of ['sign', 'publish', 'revoke'] as const)
    expect((await releases.step(revoked.json(), verb, 'owner')).json().code).toBe('release_state_refused');
});
