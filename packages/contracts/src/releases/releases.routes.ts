import { z } from 'zod';
import { Id } from '../ids.js';
import type { ProblemCode } from '../problem.js';
import { route } from '../route.js';
import { Artifact, NewArtifact, NewRelease, Release, ReleasePage, ReleaseQuery } from './releases.schema.js';

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
const step = (verb: string, summary: string, permission: 'release:sign' | 'release:publish' | 'release:revoke') =>
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
      'precondition_failed',
      'precondition_required',
    ] satisfies ProblemCode[],
  });
export const signRelease = step('sign', 'Sign the manifest', 'release:sign');
export const publishRelease = step('publish', 'Offer the release to campaigns', 'release:publish');
export const revokeRelease = step('revoke', 'Withdraw the release everywhere', 'release:revoke');
