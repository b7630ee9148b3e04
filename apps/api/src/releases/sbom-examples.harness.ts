/** For tests: documents as tools write them. */
type Part = readonly [name: string, version: string];

export const cycloneDx = (parts: readonly Part[], more: object = {}) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
  version: 1,
  metadata: {
    timestamp: '2026-11-21T09:00:00Z',
    component: { type: 'firmware', name: 'gateway', version: '2.0.0', 'bom-ref': 'gateway' },
  },
  components: parts.map(([name, version]) => ({
    type: 'library',
    'bom-ref': `${name}-${version}`,
    name,
    version,
    purl: `pkg:deb/debian/${name}@${version}`,
    licenses: [{ license: { id: 'Apache-2.0' } }],
  })),
  ...more,
});

export const spdx = (parts: readonly Part[], more: object = {}) => ({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  dataLicense: 'CC0-1.0',
  name: 'gateway-2.0.0',
  documentNamespace: 'https://example.test/spdx/gateway-2.0.0',
  creationInfo: {
    created: '2026-11-21T09:00:00Z',
    creators: ['Tool: builder-1.0', 'Organization: Example ()'],
    licenseListVersion: '3.20',
  },
  packages: [
    {
      SPDXID: 'SPDXRef-gateway',
      name: 'gateway',
      versionInfo: '2.0.0',
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      primaryPackagePurpose: 'FIRMWARE',
    },
    ...parts.map(([name, version]) => ({
      SPDXID: `SPDXRef-${name}`,
      name,
      versionInfo: version,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      licenseConcluded: 'Apache-2.0',
      licenseDeclared: 'NOASSERTION',
      copyrightText: 'NOASSERTION',
      primaryPackagePurpose: 'LIBRARY',
      externalRefs: [
        {
          referenceCategory: 'PACKAGE-MANAGER',
          referenceType: 'purl',
          referenceLocator: `pkg:deb/debian/${name}@${version}`,
        },
      ],
    })),
  ],
  relationships: [
    { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-gateway' },
    ...parts.map(([name]) => ({
      spdxElementId: 'SPDXRef-gateway',
      relationshipType: 'CONTAINS',
      relatedSpdxElement: `SPDXRef-${name}`,
    })),
  ],
  ...more,
});
