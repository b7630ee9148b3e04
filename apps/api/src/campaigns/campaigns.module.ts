import { Module } from '@nestjs/common';
import { ActionsService } from './actions.service.js';
import { CampaignsController } from './campaigns.controller.js';
import { CampaignsService } from './campaigns.service.js';
import { EvidenceController } from './evidence.controller.js';
import { EvidenceService } from './evidence.service.js';

/** Campaigns: drafted, launched, steered, and explained. */
@Module({
  controllers: [CampaignsController, EvidenceController],
  providers: [CampaignsService, ActionsService, EvidenceService],
})
export class CampaignsModule {}
