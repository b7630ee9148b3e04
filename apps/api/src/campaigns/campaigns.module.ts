import { Module } from '@nestjs/common';
import { ActionsService } from './actions.service.js';
import { CampaignLinksController } from './campaign-links.controller.js';
import { CampaignsController } from './campaigns.controller.js';
import { CampaignsService } from './campaigns.service.js';
import { EvidenceController } from './evidence.controller.js';
import { EvidenceService } from './evidence.service.js';
import { FreezesController } from './freezes.controller.js';
import { FreezesService } from './freezes.service.js';
import { KillSwitchController } from './kill-switch.controller.js';
import { KillSwitchService } from './kill-switch.service.js';
import { RehearsalController } from './rehearsal.controller.js';
import { RehearsalService } from './rehearsal.service.js';
import { RetriesService } from './retries.service.js';
import { SlicesService } from './slices.service.js';

/** Campaigns: drafted, launched, steered, and explained. */
@Module({
  controllers: [
    CampaignsController,
    CampaignLinksController,
    EvidenceController,
    FreezesController,
    KillSwitchController,
    RehearsalController,
  ],
  providers: [
    CampaignsService,
    ActionsService,
    EvidenceService,
    FreezesService,
    KillSwitchService,
    RehearsalService,
    RetriesService,
    SlicesService,
  ],
})
export class CampaignsModule {}
