import { z } from 'zod';
import { Id, Name, Sha256 } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';

export const artifactStates = ['uploading', 'complete'] as const;
export const releaseStates = ['draft', 'signed', 'published', 'revoked'] as const;
export type ReleaseState = (typeof releaseStates)[number];

/** Largest artifact, in bytes. */
export const MAX_ARTIFACT_BYTES = 4 * 1024 * 1024 * 1024;

export const Artifact = z
  .object({
    id: Id,
    name: z.string(),
    size: z.number().int(),
    sha256: Sha256,
    received: z.number().int(),
    state: z.enum(artifactStates),
    mediaType: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .meta({ id: 'Artifact' });
export type Artifact = z.infer<typeof Artifact>;

export const NewArtifact = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/, 'must be a plain file name'),
    size: z.number().int().min(1).max(MAX_ARTIFACT_BYTES),
    sha256: Sha256,
    mediaType: z.string().max(120).default('application/octet-stream'),
  })
  .meta({ id: 'NewArtifact' });
export type NewArtifact = z.infer<typeof NewArtifact>;

export const Version = z
  .string()
  .regex(/^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/, 'must be a semantic version such as 1.4.0');

/** Largest SBOM document, in bytes. */
export const MAX_SBOM_BYTES = 20 * 1024 * 1024;

/** Payload of the manifest JWS a device verifies before it downloads a byte. */
export const Manifest = z
  .looseObject({
    schemaVersion: z.literal(1),
    tenant: z.string(),
    releaseId: Id,
    name: z.string(),
    version: Version,
    models: z.array(z.string()).min(1),
    /** Hardware revisions it fits; absent or empty means every one of its models. */
    hardwareRevisions: z.array(z.string()).optional(),
    /** The device must run at least this. */
    minVersion: Version.optional(),
    supportUntil: Instant.optional(),
    sbomSha256: Sha256.optional(),
    rollbackIndex: z.number().int().min(0),
    artifact: z.object({ id: Id, name: z.string(), size: z.number().int(), sha256: Sha256 }),
    createdAt: Instant,
  })
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;

/** What whoever holds the release key signs: `payload` is the JWS payload, byte for byte. */
export const ManifestToSign = z
  .object({
    payload: z.string(),
    /** SHA-256 of the payload, to compare over another channel. */
    sha256: Sha256,
    kid: z.string(),
    algorithm: z.string(),
    /** The private half is kept elsewhere, so that the signature has to be handed in. */
    offline: z.boolean(),
  })
  .meta({ id: 'ManifestToSign' });
export type ManifestToSign = z.infer<typeof ManifestToSign>;

export const sbomFormats = ['cyclonedx', 'spdx'] as const;
export const SbomSummary = z
  .object({
    format: z.enum(sbomFormats),
    specVersion: z.string(),
    sha256: Sha256,
    components: z.number().int(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .meta({ id: 'SbomSummary' });
export type SbomSummary = z.infer<typeof SbomSummary>;

export const Component = z
  .object({
    name: z.string(),
    version: z.string().nullable(),
    purl: z.string().nullable(),
    type: z.string().nullable(),
    licenses: z.array(z.string()),
  })
  .meta({ id: 'Component' });
export type Component = z.infer<typeof Component>;

export const SbomDiff = z
  .object({
    from: z.object({ releaseId: Id, version: z.string() }),
    to: z.object({ releaseId: Id, version: z.string() }),
    added: z.array(Component),
    removed: z.array(Component),
    changed: z.array(z.object({ name: z.string(), from: Component, to: Component })),
    unchanged: z.number().int(),
  })
  .meta({ id: 'SbomDiff' });
export type SbomDiff = z.infer<typeof SbomDiff>;

/** Where a component is, and how many devices run it now. */
export const ComponentUse = z
  .object({
    component: Component,
    releaseId: Id,
    releaseName: z.string(),
    releaseVersion: z.string(),
    releaseState: z.enum(releaseStates),
    devices: z.number().int(),
  })
  .meta({ id: 'ComponentUse' });
export type ComponentUse = z.infer<typeof ComponentUse>;

export const ReleaseDelta = z
  .object({ fromReleaseId: Id, fromVersion: z.string(), size: z.number().int(), createdAt: Instant })
  .meta({ id: 'ReleaseDelta' });
export type ReleaseDelta = z.infer<typeof ReleaseDelta>;

export const Release = z
  .object({
    id: Id,
    name: z.string(),
    version: z.string(),
    models: z.array(z.string()),
    state: z.enum(releaseStates),
    hardwareRevisions: z.array(z.string()),
    minVersion: z.string().nullable(),
    /** Devices below it take it before anything higher. */
    passThrough: z.boolean(),
    supportUntil: Instant.nullable(),
    rollbackIndex: z.number().int(),
    notes: z.string(),
    sbom: SbomSummary.nullable(),
    /** Deltas to this release that are kept, by the release they start from. */
    deltas: z.array(ReleaseDelta),
    artifact: Artifact,
    manifestJws: z.string().nullable(),
    devicesOn: z.number().int(),
    createdBy: z.string(),
    signedBy: z.string().nullable(),
    publishedBy: z.string().nullable(),
    createdAt: Instant,
    signedAt: Instant.nullable(),
    publishedAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
    etag: z.number().int(),
  })
  .meta({ id: 'Release' });
export type Release = z.infer<typeof Release>;

export const NewRelease = z
  .strictObject({
    name: Name,
    version: Version,
    models: z.array(Name).min(1).max(50),
    artifactId: Id,
    hardwareRevisions: z.array(Name).max(50).default([]),
    minVersion: Version.optional(),
    passThrough: z.boolean().default(false),
    supportUntil: Instant.optional(),
    rollbackIndex: z.number().int().min(0).default(0),
    notes: z.string().max(20_000).default(''),
  })
  .meta({ id: 'NewRelease' });
export type NewRelease = z.infer<typeof NewRelease>;

/** What may change of a draft; once signed only the notes and the end of support. */
export const ReleasePatch = z
  .strictObject({
    models: z.array(Name).min(1).max(50).optional(),
    hardwareRevisions: z.array(Name).max(50).optional(),
    minVersion: Version.nullable().optional(),
    passThrough: z.boolean().optional(),
    supportUntil: Instant.nullable().optional(),
    rollbackIndex: z.number().int().min(0).optional(),
    notes: z.string().max(20_000).optional(),
  })
  .meta({ id: 'ReleasePatch' });
export type ReleasePatch = z.infer<typeof ReleasePatch>;

/** `name` is a text the component's name contains. */
export const ComponentListQuery = PageQuery.extend({ name: z.string().max(200).optional() });

/** `version` is a range: `<3.0.14`, `>=1.2 <2`, `=1.0.0`; without it every version. */
export const ComponentQuery = PageQuery.extend({
  name: z.string().min(1).max(200),
  version: z.string().max(120).optional(),
  deployed: z.enum(['true', 'false']).optional(),
});
export const ComponentDevicesQuery = PageQuery.extend({
  name: z.string().min(1).max(200),
  version: z.string().max(120).optional(),
});

export const ReleasePage = pageOf(Release);
export const ReleaseQuery = PageQuery.extend({
  state: z.enum(releaseStates).optional(),
  model: z.string().max(120).optional(),
});
