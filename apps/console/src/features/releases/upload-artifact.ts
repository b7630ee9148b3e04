import { createArtifact, getArtifact, putArtifactContent } from '@muster/contracts/releases/releases.routes';
import type { Artifact } from '@muster/contracts/releases/releases.schema';
import { call, urlFor } from '../../api/call.js';
import { foreignAnswer, ProblemError, unreachable } from '../../api/problem-error.js';
import { hashFile } from './sha256.js';

export interface Progress {
  readonly phase: 'hashing' | 'uploading' | 'done';
  readonly done: number;
  readonly total: number;
}

const CHUNK = 8 * 1024 * 1024;

const putChunk = async (artifact: Artifact, file: File, from: number, to: number): Promise<Artifact> => {
  const response = await fetch(urlFor(putArtifactContent.path, { artifactId: artifact.id }), {
    method: putArtifactContent.method,
    credentials: 'same-origin',
    headers: {
      'content-type': 'application/octet-stream',
      'content-range': `bytes ${from}-${to - 1}/${file.size}`,
    },
    body: file.slice(from, to),
  }).catch(() => {
    throw new ProblemError(unreachable());
  });
  const body = (await response.json().catch(() => null)) as never;
  if (!response.ok) throw new ProblemError(body ?? foreignAnswer(response.status, null));
  return body;
};

/**
 * Hashes a file, declares it and sends it in pieces. After a failed piece the server is asked how much it has and the
 * upload goes on there, so a lost connection costs one piece and not the file.
 */
export const uploadArtifact = async (file: File, onProgress: (progress: Progress) => void): Promise<Artifact> => {
  const sha256 = await hashFile(file, (done) => onProgress({ phase: 'hashing', done, total: file.size }));
  let artifact = await call(createArtifact, { body: { name: file.name, size: file.size, sha256 } });
  let stumbles = 0;
  while (artifact.received < file.size) {
    onProgress({ phase: 'uploading', done: artifact.received, total: file.size });
    try {
      artifact = await putChunk(artifact, file, artifact.received, Math.min(file.size, artifact.received + CHUNK));
      stumbles = 0;
    } catch (error) {
      stumbles += 1;
      if (stumbles > 3 || !(error instanceof ProblemError) || !error.problem.retryable) throw error;
      artifact = await call(getArtifact, { params: { artifactId: artifact.id } });
    }
  }
  onProgress({ phase: 'done', done: file.size, total: file.size });
  return artifact;
};
