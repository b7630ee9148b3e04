import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { openStorage } from '@muster/persistence/releases/artifact-storage/open-storage';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Module } from '@nestjs/common';
import { DeltaBuilder } from './delta-builder.js';
import { ReleasesProcessor } from './releases.processor.js';

const storage = {
  provide: ArtifactStorage,
  useFactory: (settings: Settings) => openStorage(settings),
  inject: [SETTINGS],
};

/** What releases need done in the background: the deltas that lead to them. */
@Module({ providers: [storage, DeltaBuilder, ReleasesProcessor] })
export class ReleasesModule {}
