import { Module } from '@nestjs/common';
import { ArchivesService } from './archives.service.js';
import { PurgesService } from './purges.service.js';
import { RetentionController } from './retention.controller.js';
import { RetentionService } from './retention.service.js';

/** What becomes of stored telemetry with time, as people see and order it. */
@Module({ controllers: [RetentionController], providers: [RetentionService, ArchivesService, PurgesService] })
export class RetentionModule {}
