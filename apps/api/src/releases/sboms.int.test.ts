import { createHash } from 'node:crypto';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, Releases } from './releases.harness.js';
import { cycloneDx, spdx } from './sbom-examples.harness.js';

let test: TestDatabase;
let releases: Releases;

beforeAll(async () => {
  test = await testDatabase();
  releases = await Releases.open(test.database, new FakeClock('2026-11-21T09:00:00.000Z'));
});
afterAll(async () => {
  await releases?.close();
  await test?.drop();
});

const put = (releaseId: string, document: object | string, type = 'application/json') =>
  releases.put(
    'release_manager',
    `/releases/${releaseId}/sbom`,
    typeof document === 'string' ? document : JSON.stringify(document),
    type,
  );
const get = (path: string) => releases.as('viewer').get(path);
const openssl = ['openssl', '3.0.2-0ubuntu1'] as const;

describe('an SBOM', () => {
  it('comes back byte for byte, is counted, and its digest is signed', async () => {
    const draft = await releases.draft('1.0.0');
    const text = `${JSON.stringify(cycloneDx([openssl, ['zlib', '1.3.1']]), null, 3)}\n`;
    const sha256 = createHash('sha256').update(text).digest('hex');
    const attached = await put(draft.id, text);
    expect(attached.json().sbom).toMatchObject({ format: 'cyclonedx', specVersion: '1.5', components: 2, sha256 });
    expect(attached.json().etag).toBe(draft.etag + 1);
    const raw = await get(`/releases/${draft.id}/sbom`);
    expect([raw.body, raw.headers['content-type']]).toEqual([text, 'application/vnd.cyclonedx+json']);
    const signed = (await releases.step(attached.json(), 'sign')).json();
    expect(claimsOf(signed.manifestJws).sbomSha256).toBe(sha256);
  });

  it.each(['1.4', '1.5', '1.6'])('is taken as CycloneDX %s', async (specVersion) => {
    const draft = await releases.draft(`1.1.${specVersion.at(-1)}`);
    const answer = await put(draft.id, cycloneDx([openssl], { specVersion }), 'application/vnd.cyclonedx+json');
    expect(answer.json().sbom).toMatchObject({ format: 'cyclonedx', specVersion, components: 1 });
  });

  it.each(['2.2', '2.3'])('is taken as SPDX %s, without the release itself among its parts', async (version) => {
    const draft = await releases.draft(`1.2.${version.at(-1)}`);
    const document = spdx([openssl, ['zlib', '1.3.1']]);
    if (version === '2.2')
      Object.assign(document.packages[0]!, { licenseConcluded: 'MIT', licenseDeclared: 'MIT', copyrightText: 'NONE' });
    const answer = await put(draft.id, { ...document, spdxVersion: `SPDX-${version}` }, 'application/spdx+json');
    expect(answer.json().sbom).toMatchObject({ format: 'spdx', specVersion: version, components: 2 });
    const { items } = (await get(`/releases/${draft.id}/components`)).json();
    expect(items[0]).toEqual({
      name: 'openssl',
      version: '3.0.2-0ubuntu1',
      purl: 'pkg:deb/debian/openssl@3.0.2-0ubuntu1',
      type: 'library',
      licenses: ['Apache-2.0'],
    });
  });

  it('is replaced while the release is a draft, and fixed by the signature', async () => {
    const draft = await releases.draft('1.3.0');
    await put(draft.id, cycloneDx([openssl]));
    const second = (await put(draft.id, cycloneDx([['zlib', '1.3.1']]))).json();
    expect((await get(`/releases/${draft.id}/components`)).json()).toMatchObject({
      items: [{ name: 'zlib' }],
      totalSize: 1,
    });
    await releases.step(second, 'sign');
    const late = await put(draft.id, cycloneDx([openssl]));
    expect([late.statusCode, late.json().code]).toEqual([409, 'version_immutable']);
  });

  it('may be large, and has a limit', async () => {
    const draft = await releases.draft('1.4.0');
    const many = Array.from({ length: 25_000 }, (_, i) => [`part-${i}`, '1.0.0'] as const);
    const document = cycloneDx(many);
    expect(JSON.stringify(document).length).toBeGreaterThan(4 * 1024 * 1024);
    expect((await put(draft.id, document)).json().sbom.components).toBe(25_000);
    const nameless = { ...document, components: document.components.with(24_999, { type: 'library' } as never) };
    expect((await put(draft.id, nameless)).json().errors[0].pointer).toBe('/body/components/24999');
    const twice = { ...document, components: document.components.with(24_999, document.components[0]!) };
    expect((await put(draft.id, twice)).json().errors[0].pointer).toBe('/body/components/24999');
    const beyond = await put(draft.id, `{"bomFormat":"CycloneDX","pad":"${'x'.repeat(20 * 1024 * 1024)}"}`);
    expect([beyond.statusCode, beyond.json().code]).toEqual([413, 'payload_too_large']);
  });
});

describe('what is no SBOM is refused with the place of the fault:', () => {
  const cases: [string, object, string][] = [
    ['another document', { hello: 1 }, '/body'],
    ['CycloneDX of another version', cycloneDx([], { specVersion: '1.2' }), '/body/specVersion'],
    ['a component without a name', cycloneDx([], { components: [{ type: 'library' }] }), '/body/components/0'],
    [
      'a component of no known type',
      cycloneDx([], { components: [{ type: 'x', name: 'a' }] }),
      '/body/components/0/type',
    ],
    ['a field that CycloneDX does not know', cycloneDx([], { sneaky: true }), '/body'],
    [
      'SPDX without a creator',
      spdx([], { creationInfo: { created: '2026-11-21T09:00:00Z', creators: [] } }),
      '/body/creationInfo/creators',
    ],
    [
      'SPDX with a license that is none',
      spdx([], {
        packages: [{ SPDXID: 'SPDXRef-a', name: 'a', downloadLocation: 'NONE', licenseConcluded: 'MIT or or' }],
        relationships: [],
      }),
      '/body/packages/0/licenseConcluded',
    ],
    ['SPDX of another version', spdx([], { spdxVersion: 'SPDX-2.1' }), '/body/spdxVersion'],
  ];
  it.each(cases)('%s', async (_, document, pointer) => {
    const draft = await releases.draft(`1.5.${cases.findIndex((one) => one[1] === document)}`);
    const answer = await put(draft.id, document);
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'sbom_invalid']);
    expect(answer.json().errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer);
    expect((await get(`/releases/${draft.id}`)).json().sbom).toBeNull();
  });

  it('bytes that are not UTF-8 are no JSON either', async () => {
    const draft = await releases.draft('1.6.0');
    const text = Buffer.from(JSON.stringify(cycloneDx([['name?', '1']])).replace('?', '\xff'), 'latin1');
    const answer = await releases.put('release_manager', `/releases/${draft.id}/sbom`, text, 'application/json');
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed_json']);
  });
});

describe('components', () => {
  it('are listed by name in pages, or found by a part of it', async () => {
    const draft = await releases.draft('1.7.0');
    await put(
      draft.id,
      cycloneDx([
        ['zlib', '1'],
        ['Busybox', '1'],
        ['openssl', '3'],
        ['libssl', '3'],
      ]),
    );
    const page = (await get(`/releases/${draft.id}/components?pageSize=3`)).json();
    const rest = (
      await get(`/releases/${draft.id}/components?pageSize=3&pageToken=${encodeURIComponent(page.nextPageToken)}`)
    ).json();
    const names = [...page.items, ...rest.items].map((one: { name: string }) => one.name);
    expect([names, page.totalSize, rest.nextPageToken]).toEqual([['Busybox', 'libssl', 'openssl', 'zlib'], 4, null]);
    const found = (await get(`/releases/${draft.id}/components?name=SSL`)).json();
    expect(found.items.map((one: { name: string }) => one.name)).toEqual(['libssl', 'openssl']);
  });

  it('differ between two releases', async () => {
    const [from, to, bare] = [
      await releases.draft('1.8.0'),
      await releases.draft('1.8.1'),
      await releases.draft('1.8.2'),
    ];
    await put(from.id, cycloneDx([openssl, ['zlib', '1.3.1'], ['old', '1']]));
    await put(
      to.id,
      spdx([
        ['openssl', '3.0.14'],
        ['zlib', '1.3.1'],
        ['new', '2'],
      ]),
    );
    const diff = (await get(`/releases/${to.id}/sbom/diff?from=${from.id}`)).json();
    expect(diff).toMatchObject({
      from: { releaseId: from.id, version: '1.8.0' },
      to: { releaseId: to.id, version: '1.8.1' },
      added: [{ name: 'new' }],
      removed: [{ name: 'old' }],
      changed: [{ name: 'openssl', from: { version: '3.0.2-0ubuntu1' }, to: { version: '3.0.14' } }],
      unchanged: 1,
    });
    const none = await get(`/releases/${bare.id}/sbom/diff?from=${from.id}`);
    expect([none.statusCode, none.json().facts]).toEqual([404, { releaseId: bare.id }]);
  });
});
