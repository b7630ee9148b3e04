import { Module } from '@nestjs/common';
import { TrustController } from './trust.controller.js';
import { TrustChangesService } from './trust-changes.service.js';
import { TrustReadingsService } from './trust-readings.service.js';

/** Authorities, signing keys, bundles and rollovers, and the steps that take two people. Needs an `IdentityDoor` from the process. */
@Module({
  controllers: [TrustController],
  providers: [TrustChangesService, TrustReadingsService],
})
export class TrustModule {}
