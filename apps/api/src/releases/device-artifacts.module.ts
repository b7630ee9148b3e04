import { Module } from '@nestjs/common';
import { DeviceArtifactsController } from './device-artifacts.controller.js';

/** The device door's way to artifacts. Needs an `ArtifactStorage` and an `IdentityDoor` from the process. */
@Module({ controllers: [DeviceArtifactsController] })
export class DeviceArtifactsModule {}
