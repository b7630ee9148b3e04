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

const Version = z.string().regex(/^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/, 'must be a semantic version such as 1.4.0');

/** Payload of the manifest JWS a device verifies before it downloads a byte. */
export const Manifest = z
  .looseObject({
    schemaVersion: z.literal(1),
    tenant: z.string(),
    releaseId: Id,
    name: z.string(),
    version: Version,
    models: z.array(z.string()).min(1),
    rollbackIndex: z.number().int().min(0),
    artifact: z.object({ id: Id, name: z.string(), size: z.number().int(), sha256: Sha256 }),
    createdAt: Instant,
  })
  .meta({ id: 'Manifest' });
export type Manifest = z.infer<typeof Manifest>;

export const Release = z
  .object({
    id: Id,
    name: z.string(),
    version: z.string(),
    models: z.array(z.string()),
    state: z.enum(releaseStates),
    rollbackIndex: z.number().int(),
    notes: z.string(),
    artifact: Artifact,
    manifestJws: z.string().nullable(),
    devicesOn: z.number().int(),
    createdBy: z.string(),
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
    rollbackIndex: z.number().int().min(0).default(0),
    notes: z.string().max(20_000).default(''),
  })
  .meta({ id: 'NewRelease' });
export type NewRelease = z.infer<typeof NewRelease>;

export const ReleasePage = pageOf(Release);
export const ReleaseQuery = PageQuery.extend({
  state: z.enum(releaseStates).optional(),
  model: z.string().max(120).optional(),
});
