import { Module } from '@nestjs/common';
import { ActionsService } from './actions.service.js';
import { CampaignsController } from './campaigns.controller.js';
import { CampaignsService } from './campaigns.service.js';
import { EvidenceController } from './evidence.controller.js';
import { EvidenceService } from './evidence.service.js';
import { RehearsalController } from './rehearsal.controller.js';
import { RehearsalService } from './rehearsal.service.js';

/** Campaigns: drafted, launched, steered, and explained. */
@Module({
  controllers: [CampaignsController, EvidenceController, RehearsalController],
  providers: [CampaignsService, ActionsService, EvidenceService, RehearsalService],
})
export class CampaignsModule {}
