import { Module } from '@nestjs/common';
import { ArtifactsService } from './artifacts.service.js';
import { ComponentsService } from './components.service.js';
import { ReleaseStepsService } from './release-steps.service.js';
import { ReleasesController } from './releases.controller.js';
import { ReleasesService } from './releases.service.js';
import { SbomsController } from './sboms.controller.js';
import { SbomsService } from './sboms.service.js';

/** Artifacts and releases as people see them. Needs an `ArtifactStorage` and an `IdentityDoor` from the process. */
@Module({
  controllers: [ReleasesController, SbomsController],
  providers: [ArtifactsService, ReleasesService, ReleaseStepsService, SbomsService, ComponentsService],
})
export class ReleasesModule {}
