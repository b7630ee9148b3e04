import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Module } from '@nestjs/common';
import { ArchiveFiles } from './archive-files.js';
import { Archiver } from './archiver.js';
import { Purger } from './purger.js';
import { Restorer } from './restorer.js';
import { Retention } from './retention.js';
import { StorageProcessor } from './storage.processor.js';
import { StorageLock } from './storage-lock.js';

const storage = {
  provide: ArtifactStorage,
  useFactory: (settings: Settings) => openStorage(settings),
  inject: [SETTINGS],
};

/** Where stored telemetry goes with time: compacted, archived, restored, removed. */
@Module({
  providers: [storage, StorageLock, ArchiveFiles, Archiver, Retention, Restorer, Purger, StorageProcessor],
})
export class StorageModule {}
