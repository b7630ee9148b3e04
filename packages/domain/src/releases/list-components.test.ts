import { SpdxDocument } from '@muster/contracts/releases/spdx.schema';
import { describe, expect, it } from 'vitest';
import { diffComponents } from './diff-components.js';
import { judgeSpdx } from './judge-spdx.js';
import { componentsOfCycloneDx, componentsOfSpdx } from './list-components.js';

const spdx = (more: object) =>
  SpdxDocument.parse({
    spdxVersion: 'SPDX-2.3',
    SPDXID: 'SPDXRef-DOCUMENT',
    dataLicense: 'CC0-1.0',
    name: 'gw',
    documentNamespace: 'https://example.test/gw/1',
    creationInfo: { created: '2026-11-21T09:00:00Z', creators: ['Tool: builder-1'] },
    ...more,
  });
const part = (id: string, more: object = {}) => ({
  SPDXID: `SPDXRef-${id}`,
  name: id,
  downloadLocation: 'NOASSERTION',
  ...more,
});
const named = (name: string, version: string | null, more: object = {}) => ({
  ...{ name, version, purl: null, type: null, licenses: [] },
  ...more,
});

describe('components of a CycloneDX document', () => {
  it('come from every depth, once each, by name, without the release itself', () => {
    const found = componentsOfCycloneDx({
      specVersion: '1.5',
      metadata: { component: { type: 'firmware', name: 'gw', version: '2.0.0', components: [{ name: 'boot' }] } },
      components: [
        { type: 'library', name: 'zlib', version: '1.3.1', licenses: [{ license: { id: 'Zlib' } }] },
        { group: '@acme', name: 'web', version: '1.0.0', components: [{ name: 'Busybox', version: '1.36.1' }] },
        { type: 'library', name: 'zlib', version: '1.3.1', licenses: [{ expression: 'Zlib OR MIT' }] },
      ],
    });
    expect(found.map(({ name, version }) => [name, version])).toEqual([
      ['@acme/web', '1.0.0'],
      ['boot', null],
      ['Busybox', '1.36.1'],
      ['zlib', '1.3.1'],
    ]);
    expect(found.at(-1)?.licenses).toEqual(['Zlib', 'Zlib OR MIT']);
  });
});

describe('components of an SPDX document', () => {
  const purl = {
    referenceCategory: 'PACKAGE-MANAGER',
    referenceType: 'purl',
    referenceLocator: 'pkg:deb/debian/openssl@3.0.2',
  };
  it('leave out the one package that the document describes', () => {
    const document = spdx({
      packages: [
        part('gw'),
        part('openssl', { versionInfo: '3.0.2', externalRefs: [purl], licenseConcluded: 'Apache-2.0' }),
      ],
      relationships: [
        { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: 'SPDXRef-gw', relationshipType: 'DESCRIBES' },
      ],
    });
    expect(judgeSpdx(document)).toEqual([]);
    expect(componentsOfSpdx(document)).toEqual([
      named('openssl', '3.0.2', { purl: purl.referenceLocator, licenses: ['Apache-2.0'] }),
    ]);
  });

  it('are refused with the place of each fault', () => {
    const document = spdx({
      packages: [part('a', { licenseConcluded: 'MIT OR' }), part('a', { licenseDeclared: 'LicenseRef-x' })],
      relationships: [
        { spdxElementId: 'SPDXRef-a', relatedSpdxElement: 'SPDXRef-gone', relationshipType: 'DEPENDS_ON' },
      ],
    });
    expect(judgeSpdx(document).map(({ pointer }) => pointer)).toEqual([
      '/packages/1/SPDXID',
      '/relationships/0/relatedSpdxElement',
      '/packages/0/licenseConcluded',
      '/packages/1/licenseDeclared',
    ]);
    expect(judgeSpdx(spdx({ spdxVersion: 'SPDX-2.2', packages: [part('a')] })).map(({ pointer }) => pointer)).toEqual([
      '/packages/0/licenseConcluded',
      '/packages/0/licenseDeclared',
    ]);
    expect(judgeSpdx(spdx({}))).toHaveLength(1);
  });
});

describe('the difference of two releases', () => {
  it('pairs a component with itself by package URL or name', () => {
    const from = [
      named('openssl', '3.0.2', { purl: 'pkg:deb/debian/openssl@3.0.2?arch=arm64' }),
      named('zlib', '1.3'),
      named('old', '1'),
    ];
    const to = [
      named('openssl', '3.0.14', { purl: 'pkg:deb/debian/openssl@3.0.14?arch=arm64' }),
      named('zlib', '1.3'),
      named('new', '1'),
    ];
    const diff = diffComponents(from, to);
    expect([diff.added.map((c) => c.name), diff.removed.map((c) => c.name), diff.unchanged]).toEqual([
      ['new'],
      ['old'],
      1,
    ]);
    expect(diff.changed.map((c) => [c.name, c.from.version, c.to.version])).toEqual([['openssl', '3.0.2', '3.0.14']]);
  });

  it('keeps two versions of one package apart and sees one of them go', () => {
    const diff = diffComponents([named('ms', '2.0.0'), named('ms', '2.1.3')], [named('ms', '2.1.3')]);
    expect([diff.removed.map((c) => c.version), diff.changed, diff.unchanged]).toEqual([['2.0.0'], [], 1]);
  });
});
