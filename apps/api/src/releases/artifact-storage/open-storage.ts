import { join } from 'node:path';
import type { Settings } from '@muster/runtime/config/settings';
import type { ArtifactStorage } from './artifact-storage.js';
import { DiskStorage } from './disk-storage.js';
import { S3Storage } from './s3-storage.js';

/** Below the data folder: `artifacts/` holds what is complete, `uploads/` what is still arriving. */
export const artifactsFolder = (data: string): string => join(data, 'artifacts');
export const uploadsFolder = (data: string): string => join(data, 'uploads');

export const openStorage = (settings: Pick<Settings, 'data' | 'artifactsUrl'>): ArtifactStorage =>
  settings.artifactsUrl === undefined
    ? new DiskStorage(artifactsFolder(settings.data))
    : new S3Storage(settings.artifactsUrl);
