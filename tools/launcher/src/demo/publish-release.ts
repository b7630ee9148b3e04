import { createHash } from 'node:crypto';
import {
  createArtifact,
  createRelease,
  publishRelease,
  putArtifactContent,
  signRelease,
} from '@muster/contracts/releases/releases.routes';
import type { Release } from '@muster/contracts/releases/releases.schema';
import type { ApiClient } from './api-client.js';

export interface ReleaseToPublish {
  readonly name: string;
  readonly version: string;
  readonly models: string[];
  readonly content: Uint8Array;
  readonly notes?: string;
  readonly rollbackIndex?: number;
}

/** Everything a pipeline does: declare, upload, draft, sign, publish. */
export async function publishContent(client: ApiClient, release: ReleaseToPublish): Promise<Release> {
  const { name, version, models, content, notes = '', rollbackIndex = 0 } = release;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const artifact = await client.call(createArtifact, {
    body: { name: `firmware-${version}.bin`, size: content.length, sha256 },
  });
  await client.call(putArtifactContent, { params: { artifactId: artifact.id }, content });
  const draft = await client.call(createRelease, {
    body: { name, version, models, artifactId: artifact.id, rollbackIndex, notes },
  });
  const params = { releaseId: draft.id };
  const signed = await client.call(signRelease, { params, body: {}, match: draft.etag });
  return client.call(publishRelease, { params, body: {}, match: signed.etag });
}
