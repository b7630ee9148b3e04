import { Module } from '@nestjs/common';
import { DeviceBundlesController } from './device-bundles.controller.js';

/** The device door's way to trust bundles. Needs an `IdentityDoor` from the process. */
@Module({ controllers: [DeviceBundlesController] })
export class DeviceTrustModule {}
