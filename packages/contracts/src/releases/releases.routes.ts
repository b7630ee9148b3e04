import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { pageOf } from '../page.js';
import type { ProblemCode } from '../problem.js';
import { route } from '../route.js';
import {
  Artifact,
  Component,
  ComponentDevicesQuery,
  ComponentListQuery,
  ComponentQuery,
  ComponentUse,
  MAX_SBOM_BYTES,
  ManifestToSign,
  NewArtifact,
  NewRelease,
  Release,
  ReleasePage,
  ReleasePatch,
  ReleaseQuery,
  SbomDiff,
} from './releases.schema.js';

const one = z.object({ releaseId: Id });

export const createArtifact = route({
  method: 'POST',
  path: '/artifacts',
  summary: 'Declare an artifact by size and SHA-256',
  permission: 'release:write',
  body: NewArtifact,
  returns: Artifact,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed'],
});
export const getArtifact = route({
  method: 'GET',
  path: '/artifacts/:artifactId',
  summary: 'How much of an artifact has arrived',
  permission: 'release:read',
  params: z.object({ artifactId: Id }),
  returns: Artifact,
  refuses: ['not_found'],
});
/** The body is the raw content (application/octet-stream); Content-Range resumes at `received`. */
export const putArtifactContent = route({
  method: 'PUT',
  path: '/artifacts/:artifactId/content',
  summary: 'Upload the content, whole or resumed with Content-Range',
  permission: 'release:write',
  params: z.object({ artifactId: Id }),
  returns: Artifact,
  refuses: ['not_found', 'range_not_satisfiable', 'artifact_digest_mismatch', 'payload_too_large'],
});
export const listReleases = route({
  method: 'GET',
  path: '/releases',
  summary: 'Releases, newest first',
  permission: 'release:read',
  query: ReleaseQuery,
  returns: ReleasePage,
});
export const createRelease = route({
  method: 'POST',
  path: '/releases',
  summary: 'Draft a release of an artifact',
  permission: 'release:write',
  body: NewRelease,
  returns: Release,
  status: 201,
  idempotent: true,
  refuses: ['artifact_incomplete', 'already_exists', 'not_found', 'validation_failed'],
});
export const getRelease = route({
  method: 'GET',
  path: '/releases/:releaseId',
  summary: 'One release',
  permission: 'release:read',
  params: one,
  returns: Release,
  refuses: ['not_found'],
});
export const getReleaseManifest = route({
  method: 'GET',
  path: '/releases/:releaseId/manifest',
  summary: 'The manifest as it is to be signed, byte for byte, and the key that signs it',
  permission: 'release:read',
  params: one,
  returns: ManifestToSign,
  refuses: ['not_found'],
});
const step = (
  verb: string,
  summary: string,
  permission: 'release:sign' | 'release:publish' | 'release:revoke',
  more: readonly ProblemCode[] = [],
) =>
  route({
    method: 'POST',
    path: `/releases/:releaseId/${verb}`,
    summary,
    permission,
    params: one,
    body: z.strictObject({ reason: z.string().max(500).optional() }),
    returns: Release,
    match: true,
    refuses: [
      'not_found',
      'release_state_refused',
      ...more,
      'precondition_failed',
      'precondition_required',
    ] satisfies ProblemCode[],
  });
export const signRelease = {
  ...step('sign', 'Sign the manifest, or hand in the signature of a key that is kept elsewhere', 'release:sign', [
    'artifact_digest_mismatch',
    'author_may_not_sign',
    'signature_missing',
    'signature_refused',
  ]),
  body: z.strictObject({
    reason: z.string().max(500).optional(),
    /** Compact JWS over the payload of `/manifest`, by the release key that is active. */
    manifestJws: z.string().min(1).max(65_536).optional(),
  }),
};
export const publishRelease = step('publish', 'Offer the release to campaigns', 'release:publish', [
  'artifact_digest_mismatch',
]);
export const revokeRelease = step('revoke', 'Withdraw the release everywhere', 'release:revoke');

export const updateRelease = route({
  method: 'PATCH',
  path: '/releases/:releaseId',
  summary: 'Change a draft; a signed release keeps everything but notes and the end of support',
  permission: 'release:write',
  params: one,
  body: ReleasePatch,
  returns: Release,
  match: true,
  refuses: ['not_found', 'validation_failed', 'version_immutable', 'precondition_failed', 'precondition_required'],
});
/** The body is the document itself: CycloneDX 1.4 to 1.6 or SPDX 2.2 or 2.3, as JSON. */
export const putSbom = route({
  method: 'PUT',
  path: '/releases/:releaseId/sbom',
  summary: 'Attach the SBOM of a draft',
  permission: 'release:write',
  params: one,
  body: z.record(z.string(), z.unknown()),
  bodyLimit: MAX_SBOM_BYTES,
  returns: Release,
  status: 200,
  refuses: ['not_found', 'malformed_json', 'sbom_invalid', 'version_immutable', 'payload_too_large'],
});
export const getSbom = route({
  method: 'GET',
  path: '/releases/:releaseId/sbom',
  summary: 'The SBOM as it was attached',
  permission: 'release:read',
  params: one,
  returns: z.record(z.string(), z.unknown()),
  refuses: ['not_found'],
});
export const listComponents = route({
  method: 'GET',
  path: '/releases/:releaseId/components',
  summary: 'Components of a release, by name',
  permission: 'release:read',
  params: one,
  query: ComponentListQuery,
  returns: pageOf(Component),
  refuses: ['not_found'],
});
export const diffSboms = route({
  method: 'GET',
  path: '/releases/:releaseId/sbom/diff',
  summary: 'What changed in the components since another release',
  permission: 'release:read',
  params: one,
  query: z.object({ from: Id }),
  returns: SbomDiff,
  refuses: ['not_found'],
});
export const findComponents = route({
  method: 'GET',
  path: '/components',
  summary: 'Which releases contain a component, and how many devices run them',
  permission: 'release:read',
  query: ComponentQuery,
  returns: pageOf(ComponentUse),
  refuses: ['validation_failed'],
});
export const findComponentDevices = route({
  method: 'GET',
  path: '/components/devices',
  summary: 'Which devices run a component',
  permission: 'device:read',
  query: ComponentDevicesQuery,
  returns: pageOf(
    z.object({ deviceId: DeviceId, deviceName: z.string(), releaseVersion: z.string(), component: Component }),
  ),
  refuses: ['validation_failed'],
});
