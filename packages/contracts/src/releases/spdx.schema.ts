import { z } from 'zod';

/** SPDX 2.3 clause 6.9: UTC, to the second. */
const Moment = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(([01]\d|2[0-3]):[0-5]\d:[0-5]\d|23:59:60)Z$/, {
    message: 'must be UTC such as 2026-11-21T09:00:00Z',
  });
const ElementId = z.string().regex(/^SPDXRef-[A-Za-z0-9.-]+$/, 'must be SPDXRef- and letters, digits, . or -');

/** Clause 8.4 and 7.10 of the versions 2.2 and 2.3. */
const algorithms = [
  ...['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'MD2', 'MD4', 'MD5', 'MD6', 'SHA3-256', 'SHA3-384', 'SHA3-512'],
  ...['BLAKE2b-256', 'BLAKE2b-384', 'BLAKE2b-512', 'BLAKE3', 'ADLER32'],
] as const;
const Checksum = z.looseObject({
  algorithm: z.enum(algorithms),
  checksumValue: z.string().regex(/^[0-9a-fA-F]+$/, 'must be hex digits'),
});

/** Clause 7.21; writers of 2.2 put underscores where 2.3 has dashes. */
const categories = [
  'SECURITY',
  'PACKAGE-MANAGER',
  'PACKAGE_MANAGER',
  'PERSISTENT-ID',
  'PERSISTENT_ID',
  'OTHER',
] as const;
/** Clause 7.24. */
const purposes = [
  ...['APPLICATION', 'FRAMEWORK', 'LIBRARY', 'CONTAINER', 'OPERATING-SYSTEM', 'OPERATING_SYSTEM', 'DEVICE', 'FIRMWARE'],
  ...['SOURCE', 'ARCHIVE', 'FILE', 'INSTALL', 'OTHER'],
] as const;
/** Clause 11.1. */
const relationshipTypes = [
  ...['DESCRIBES', 'DESCRIBED_BY', 'CONTAINS', 'CONTAINED_BY', 'DEPENDS_ON', 'DEPENDENCY_OF', 'DEPENDENCY_MANIFEST_OF'],
  ...['BUILD_DEPENDENCY_OF', 'DEV_DEPENDENCY_OF', 'OPTIONAL_DEPENDENCY_OF', 'PROVIDED_DEPENDENCY_OF'],
  ...['TEST_DEPENDENCY_OF', 'RUNTIME_DEPENDENCY_OF', 'EXAMPLE_OF', 'GENERATES', 'GENERATED_FROM', 'ANCESTOR_OF'],
  ...['DESCENDANT_OF', 'VARIANT_OF', 'DISTRIBUTION_ARTIFACT', 'PATCH_FOR', 'PATCH_APPLIED', 'COPY_OF', 'FILE_ADDED'],
  ...['FILE_DELETED', 'FILE_MODIFIED', 'EXPANDED_FROM_ARCHIVE', 'DYNAMIC_LINK', 'STATIC_LINK', 'DATA_FILE_OF'],
  ...['TEST_CASE_OF', 'BUILD_TOOL_OF', 'DEV_TOOL_OF', 'TEST_OF', 'TEST_TOOL_OF', 'DOCUMENTATION_OF', 'METAFILE_OF'],
  ...['OPTIONAL_COMPONENT_OF', 'PACKAGE_OF', 'AMENDS', 'PREREQUISITE_FOR', 'HAS_PREREQUISITE'],
  ...['REQUIREMENT_DESCRIPTION_FOR', 'SPECIFICATION_FOR', 'OTHER'],
] as const;

const Package = z.looseObject({
  SPDXID: ElementId,
  name: z.string().min(1),
  versionInfo: z.string().optional(),
  downloadLocation: z.string().min(1),
  filesAnalyzed: z.boolean().optional(),
  checksums: z.array(Checksum).optional(),
  licenseConcluded: z.string().optional(),
  licenseDeclared: z.string().optional(),
  copyrightText: z.string().optional(),
  primaryPackagePurpose: z.enum(purposes).optional(),
  builtDate: Moment.optional(),
  releaseDate: Moment.optional(),
  validUntilDate: Moment.optional(),
  externalRefs: z
    .array(
      z.looseObject({
        referenceCategory: z.enum(categories),
        referenceType: z.string().min(1),
        referenceLocator: z.string().regex(/^\S+$/, 'must be one word'),
      }),
    )
    .optional(),
});

const File = z.looseObject({
  SPDXID: ElementId,
  fileName: z.string().min(1),
  checksums: z.array(Checksum).min(1),
});

/**
 * What SPDX 2.2 and 2.3 demand of a JSON document. There is no official JavaScript library for SPDX; what a schema cannot
 * say (references that lead somewhere, license expressions) is judged in the rules.
 */
export const SpdxDocument = z.looseObject({
  spdxVersion: z.enum(['SPDX-2.2', 'SPDX-2.3']),
  SPDXID: z.literal('SPDXRef-DOCUMENT'),
  dataLicense: z.literal('CC0-1.0'),
  name: z.string().min(1),
  documentNamespace: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[^#\s]+$/, 'must be an absolute URI without a fragment'),
  creationInfo: z.looseObject({
    created: Moment,
    creators: z
      .array(z.string().regex(/^(Person|Organization|Tool): .+$/, 'must begin with Person:, Organization: or Tool:'))
      .min(1),
    licenseListVersion: z.string().optional(),
  }),
  packages: z.array(Package).optional(),
  files: z.array(File).optional(),
  documentDescribes: z.array(z.string()).optional(),
  hasExtractedLicensingInfos: z
    .array(z.looseObject({ licenseId: z.string().min(1), extractedText: z.string() }))
    .optional(),
  relationships: z
    .array(
      z.looseObject({
        spdxElementId: z.string().min(1),
        relatedSpdxElement: z.string().min(1),
        relationshipType: z.enum(relationshipTypes),
      }),
    )
    .optional(),
});
export type SpdxDocument = z.infer<typeof SpdxDocument>;
