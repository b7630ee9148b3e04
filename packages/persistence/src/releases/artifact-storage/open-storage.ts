import { join } from 'node:path';
import type { ArtifactStorage } from './artifact-storage.js';
import { DiskStorage } from './disk-storage.js';
import { S3Storage } from './s3-storage.js';

/** Below the data folder: `artifacts/` holds what is complete, `uploads/` what is still arriving. */
export const artifactsFolder = (data: string): string => join(data, 'artifacts');
export const uploadsFolder = (data: string): string => join(data, 'uploads');

/** Disk below `data`, or the S3-compatible store `artifactsUrl` names. */
export const openStorage = (settings: { data: string; artifactsUrl?: string | undefined }): ArtifactStorage =>
  settings.artifactsUrl === undefined
    ? new DiskStorage(artifactsFolder(settings.data))
    : new S3Storage(settings.artifactsUrl);
