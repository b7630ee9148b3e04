import { Module } from '@nestjs/common';
import { ArtifactsService } from './artifacts.service.js';
import { ReleasesController } from './releases.controller.js';
import { ReleasesService } from './releases.service.js';

/** Artifacts and releases as people see them. Needs an `ArtifactStorage` and an `IdentityDoor` from the process. */
@Module({ controllers: [ReleasesController], providers: [ArtifactsService, ReleasesService] })
export class ReleasesModule {}
