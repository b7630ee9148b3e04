/**
 * Every route that takes an id, asked by one tenant with the ids of another: the answer is exactly the one an id gets that
 * never was. The route table is walked, so a new route is in here by itself.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Route } from '@muster/contracts/route';
import { routesByNoun } from '@muster/contracts/routes';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { SETTINGS } from '@muster/runtime/config/settings';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slices } from './app.module.js';
import { openIdentity } from './bootstrap/open-identity.js';
import { archive, certificateOf, deadLetter, OTHER, trustSteps, waysIn } from './foreign-ids.harness.js';
import { admit, openHarness } from './people.harness.js';
import { IdentityDoor } from './trust/identity-door.js';

const UNKNOWN = '01970000-0000-7000-8000-0000000fffff';
const gate = {
  ...{ maxFailureRate: 0.1, maxTimeoutRate: 0.1, minSuccessRate: 0.8, minSample: 1, minResolvedShare: 0.9, soakS: 60 },
};
const campaign = (releaseId: string) => ({
  ...{ name: 'rollout', releaseId, selector: {}, plan: { waves: [{ size: { percent: 100 } }], gate } },
});

/** What each route needs beside ids to get past validation, by operation. */
const bodies: Record<string, object> = {
  patchDevice: { name: 'taken over' },
  startMaintenance: { reason: 'x' },
  activateDevice: { reason: 'x' },
  quarantineDevice: { reason: 'x' },
  decommissionDevice: { reason: 'x' },
  swapDevice: { serial: 'x', reason: 'x' },
  dismissClone: { reason: 'x' },
  patchTwin: { config: { x: 1 } },
  revokeCertificate: { reason: 'keyCompromise' },
  readmitDevice: { reason: 'x' },
  addClaimSerials: { serials: ['x'] },
  denyTrustChange: { reason: 'x' },
  proveManufacturer: { certificate: 'x' },
  approveEnrollment: { keySha256: 'f'.repeat(64) },
  rejectEnrollment: { reason: 'x' },
  sendCommand: { name: 'ping' },
  patchConfig: { name: 'taken over' },
  addConfigVersion: { document: { x: 1 }, notes: '' },
  excludeSlice: { attribute: 'site', value: 'x', reason: 'x' },
  putSbom: { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: [] },
};
const queries: Record<string, string> = {
  diffConfig: '?from=0&to=1',
  diffSboms: '?from=01970000-0000-7000-8000-0000000ffffe',
  getSeries: `?metrics=power&from=2026-01-01T00:00:00.000Z&to=2026-01-02T00:00:00.000Z`,
};
/** Where one name of a parameter is two kinds of id. */
const aliases: Record<string, string> = { 'revokeRegisteredKey keyId': 'registeredKeyId' };
/** A class, a site and a metric are named by their tenant; there is no id to guess. */
const named = new Set(['putDeviceClass', 'updateSite', 'getMetric', 'describeMetric']);

const routes: [string, Route][] = Object.values(routesByNoun)
  .flatMap((noun) => Object.entries(noun as Record<string, Route>))
  .filter(([name, route]) => route.params !== undefined && !named.has(name));

let test: TestDatabase;
let data: string;
let api: Awaited<ReturnType<typeof openHarness>>;
/** One of everything the other tenant has, by the name of the path parameter. */
let theirs: Record<string, string>;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  data = await mkdtemp(join(tmpdir(), 'muster-foreign-'));
  const { database } = test;
  const urls = { host: 'localhost', port: 8080, devicePort: 8443, mqttPort: 8883 };
  const { door } = openIdentity({ data, ...urls }, { database, clock, kek: Buffer.alloc(32, 3) });
  const providers = [
    { provide: IdentityDoor, useValue: door },
    { provide: SETTINGS, useValue: { data } },
    { provide: ArtifactStorage, useValue: openStorage({ data, artifactsUrl: undefined }) },
  ];
  api = await openHarness(database, clock, slices, { providers });
  theirs = await settle();
});
afterAll(async () => {
  await api?.close();
  await test?.drop();
  await rm(data, { recursive: true });
});

/** Fills the other tenant. */
async function settle(): Promise<Record<string, string>> {
  const tokens = await admit(test.database, clock, OTHER);
  const cookie = { cookie: `muster_session=${tokens.owner}` };
  const owner = api.with(cookie);
  const made = async (path: string, body: object, headers = {}) => {
    const answer = await owner.post(path, body, headers);
    expect(answer.statusCode, `${path}: ${answer.body}`).toBeLessThan(300);
    return answer.json();
  };
  const device = await made('/devices', { serial: 'G1', model: 'm1' });
  await test.database.system((tx) => tx.query(`update devices set state = 'active' where id = $1`, [device.id]));
  const content = randomBytes(64);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const artifact = await made('/artifacts', { name: 'fw.bin', size: 64, sha256 });
  const headers = { ...cookie, 'content-type': 'application/octet-stream' };
  await api.app.inject({
    ...{ method: 'PUT', url: `/api/v1/artifacts/${artifact.id}/content`, headers, payload: content },
  });
  let release = await made('/releases', { name: 'fw', version: '1.0.0', models: ['m1'], artifactId: artifact.id });
  for (const verb of ['sign', 'publish'])
    release = await made(`/releases/${release.id}/${verb}`, {}, { 'if-match': `"${release.etag}"` });
  // Before there is an authority without a certificate.
  const ways = await waysIn(test.database, clock.now(), made);
  const { items: sessions } = (await owner.get('/sessions')).json();
  return {
    deviceId: device.id,
    artifactId: artifact.id,
    releaseId: release.id,
    sessionId: sessions[0].id,
    campaignId: (await made('/campaigns', campaign(release.id))).id,
    commandId: (await made(`/devices/${device.id}/commands`, { name: 'ping' })).id,
    configId: (await made('/configs', { name: 'c', layer: 'group', selector: {}, document: {}, notes: '' })).id,
    tokenId: (await made('/enrollment-tokens', { name: 't' })).id,
    keyId: (await made('/api-keys', { name: 'k', permissions: ['device:read'] })).id,
    webhookId: (await made('/webhooks', { url: 'https://hook.example/x', types: ['campaign.halted'] })).id,
    recipientId: (await made('/mail-recipients', { address: 'a@hook.example', types: ['campaign.halted'] })).id,
    freezeId: (await made('/freezes', { name: 'f', ...soon() })).id,
    certificateId: await certificateOf(test.database, clock.now(), device.id),
    deadLetterId: await deadLetter(test.database, clock.now()),
    archiveId: await archive(test.database),
    ...ways,
    ...(await trustSteps(test.database, clock.now())),
  };
}

const soon = () => ({
  startsAt: new Date(clock.now().getTime() + 3_600_000).toISOString(),
  endsAt: new Date(clock.now().getTime() + 7_200_000).toISOString(),
});

/** Everything the other tenant has, as one hash a table. */
const everythingTheirs = () =>
  test.database.system(async (tx) => {
    const tables = await tx.query<{ name: string }>(
      `select table_name as name from information_schema.columns
       where table_schema = 'public' and column_name = 'tenant_id' order by 1`,
    );
    const hashes: Record<string, string | null> = {};
    for (const { name } of tables) {
      const [row] = await tx.query<{ hash: string | null }>(
        `select md5(string_agg(t::text, '' order by t::text)) as hash from "${name}" t where tenant_id = $1`,
        [OTHER],
      );
      hashes[name] = row!.hash;
    }
    return hashes;
  });

async function ask(name: string, { method, path, body, match }: Route, ids: (parameter: string) => string) {
  const url = `/api/v1${path.replaceAll(/:(\w+)/g, (_, parameter: string) => ids(parameter))}${queries[name] ?? ''}`;
  const raw = name === 'putArtifactContent' && { payload: Buffer.from('x'), type: 'application/octet-stream' };
  const json = body && { payload: JSON.stringify(bodies[name] ?? {}), type: 'application/json' };
  const sent = raw || json || null;
  const headers = {
    cookie: `muster_session=${api.tokens.owner}`,
    ...(match ? { 'if-match': '"1"' } : {}),
    ...(sent ? { 'content-type': sent.type } : {}),
  };
  const answer = await api.app.inject({ method, url, headers, ...(sent && { payload: sent.payload }) });
  return { status: answer.statusCode, body: answer.body, headers: answer.headers };
}

/** The answer without the ids asked for and the request's own. */
const plain = ({ status, body }: { status: number; body: string }, ids: readonly string[]) => ({
  status,
  body: ids.reduce((text, id) => text.replaceAll(id, '<id>'), body).replace(/"requestId":"[^"]+",?/, ''),
});

describe('an id of another tenant', () => {
  it.each(routes)('%s answers like an id that never was', async (name, route) => {
    const before = await everythingTheirs();
    const own = (parameter: string) => aliases[`${name} ${parameter}`] ?? parameter;
    const foreign = await ask(name, route, (parameter) => (parameter === 'number' ? '1' : theirs[own(parameter)]!));
    const unknown = await ask(name, route, (parameter) => (parameter === 'number' ? '1' : UNKNOWN));
    expect(foreign.status, foreign.body).toBe(404);
    expect(JSON.parse(foreign.body).code).toBe('not_found');
    expect(plain(foreign, Object.values(theirs))).toEqual(plain(unknown, [UNKNOWN]));
    expect(Object.keys(foreign.headers).sort()).toEqual(Object.keys(unknown.headers).sort());
    expect(await everythingTheirs()).toEqual(before);
  });

  it.each<[string, 'POST' | 'GET', string, ((id: string) => object)?]>([
    ['artifactId', 'POST', '/releases', (id) => ({ name: 'f', version: '2.0.0', models: ['m1'], artifactId: id })],
    ['releaseId', 'POST', '/campaigns', campaign],
    ['releaseId', 'POST', '/campaigns/preview', campaign],
    [
      'configId',
      'POST',
      '/campaigns',
      (id) => ({ ...campaign(id), kind: 'config', releaseId: undefined, configId: id, configNumber: 1 }),
    ],
    ['deviceId', 'POST', '/devices/preview', (id) => ({ selector: { ids: [id] } })],
    ['deviceId', 'POST', '/notifications/read', (id) => ({ ids: [id] })],
    ['deviceId', 'GET', '/drift?deviceId='],
    ['releaseId', 'GET', '/campaigns?releaseId='],
  ])('inside a request is as unknown: %s in %s %s', async (parameter, _method, path, body) => {
    const send = async (id: string) => {
      const me = api.as('owner');
      const answer = body ? await me.post(path, body(id)) : await me.get(path + id);
      return { status: answer.statusCode, body: answer.body };
    };
    const [foreign, unknown] = [await send(theirs[parameter]!), await send(UNKNOWN)];
    expect(plain(foreign, [theirs[parameter]!])).toEqual(plain(unknown, [UNKNOWN]));
    expect(foreign.body).not.toContain(OTHER);
  });
});
