import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { Releases } from './releases.harness.js';
import { cycloneDx } from './sbom-examples.harness.js';

let test: TestDatabase;
let releases: Releases;
const clock = new FakeClock('2026-11-21T09:00:00.000Z');

beforeAll(async () => {
  test = await testDatabase();
  releases = await Releases.open(test.database, clock, [DevicesModule]);
  for (const [version, ...parts] of contents) {
    clock.advance(1_000);
    const draft = await releases.draft(version);
    await releases.put(
      'release_manager',
      `/releases/${draft.id}/sbom`,
      JSON.stringify(cycloneDx(parts)),
      'application/json',
    );
  }
  await fleet('gw-1', '1.0.0', 3);
  await fleet('gw-1', '2.0.0', 2);
  await fleet('gw-9', '1.0.0', 1);
});
afterAll(async () => {
  await releases?.close();
  await test?.drop();
});

const contents: [string, ...(readonly [string, string])[]][] = [
  ['1.0.0', ['OpenSSL', '3.0.2-0ubuntu1'], ['zlib', '1.2.11']],
  ['2.0.0', ['openssl', '3.0.13'], ['openssl', '1.1.1w']],
  ['3.0.0', ['openssl', '3.0.14']],
  ['4.0.0', ['zlib', '1.3.1']],
];

let serial = 0;
async function fleet(model: string, version: string, n: number) {
  for (let i = 0; i < n; i++) {
    const device = { serial: `S-${++serial}`, name: `${model}-${version}-${i}`, model };
    const { id } = (await releases.as('admin').post('/devices', device)).json();
    await test.database.tenant('acme', (tx) =>
      tx.query('update devices set firmware_version = $2 where tenant_id = $1 and id = $3', ['acme', version, id]),
    );
  }
}

type Use = { component: { name: string; version: string }; releaseVersion: string; devices: number };
type Runner = { deviceId: string; deviceName: string; releaseVersion: string; component: { version: string } };
const find = async (query: string) => (await releases.as('viewer').get(`/components?${query}`)).json();
const uses = async (query: string): Promise<[string, string, number][]> =>
  (await find(query)).items.map((use: Use) => [use.releaseVersion, use.component.version, use.devices]);

describe('where a component is', () => {
  it('is told by release with the devices that run it, whatever the case of its name', async () => {
    expect(await uses('name=openssl')).toEqual([
      ['3.0.0', '3.0.14', 0],
      ['2.0.0', '1.1.1w', 2],
      ['2.0.0', '3.0.13', 2],
      ['1.0.0', '3.0.2-0ubuntu1', 3],
    ]);
    expect(await uses('name=nothing')).toEqual([]);
  });

  it.each([
    ['<3.0.14', ['1.1.1w', '3.0.13', '3.0.2-0ubuntu1']],
    ['>=3.0 <3.0.13', ['3.0.2-0ubuntu1']],
    ['=3.0.14', ['3.0.14']],
    ['>9', []],
  ])('is narrowed by the range %s', async (range, versions) => {
    const found = await uses(`name=openssl&version=${encodeURIComponent(range)}`);
    expect(found.map(([, version]) => version)).toEqual(versions);
  });

  it('is narrowed to what devices run, or to what none does', async () => {
    expect((await uses('name=openssl&deployed=true')).map(([release]) => release)).toEqual(['2.0.0', '2.0.0', '1.0.0']);
    expect((await uses('name=openssl&deployed=false')).map(([release]) => release)).toEqual(['3.0.0']);
  });

  it('comes in pages that lose and repeat nothing', async () => {
    const seen: Use[] = [];
    for (let token: string | null = ''; token !== null; ) {
      const page: { items: Use[]; nextPageToken: string | null } = await find(
        `name=openssl&pageSize=1${token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`}`,
      );
      seen.push(...page.items);
      token = page.nextPageToken;
    }
    expect(seen.map(({ component }) => component.version)).toEqual(['3.0.14', '1.1.1w', '3.0.13', '3.0.2-0ubuntu1']);
  });

  it('is refused with a range that is none', async () => {
    const answer = await releases.as('viewer').get('/components?name=openssl&version=~%3E3');
    expect([answer.statusCode, answer.json().errors[0].pointer]).toEqual([400, '/query/version']);
  });
});

describe('which devices run openssl < 3.0.14', () => {
  it('is answered with each of them, by release and version, and nobody of another model', async () => {
    const seen: Runner[] = [];
    for (let token: string | null = ''; token !== null; ) {
      const more: string = token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`;
      const answer = await releases
        .as('viewer')
        .get(`/components/devices?name=openssl&version=${encodeURIComponent('<3.0.14')}&pageSize=2${more}`);
      const page: { items: Runner[]; nextPageToken: string | null } = answer.json();
      seen.push(...page.items);
      token = page.nextPageToken;
    }
    const told = seen.map((one) => `${one.deviceName} ${one.component.version}`).sort();
    expect(told).toEqual([
      'gw-1-1.0.0-0 3.0.2-0ubuntu1',
      'gw-1-1.0.0-1 3.0.2-0ubuntu1',
      'gw-1-1.0.0-2 3.0.2-0ubuntu1',
      'gw-1-2.0.0-0 1.1.1w',
      'gw-1-2.0.0-0 3.0.13',
      'gw-1-2.0.0-1 1.1.1w',
      'gw-1-2.0.0-1 3.0.13',
    ]);
  });
});
