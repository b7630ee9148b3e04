import * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { ActionsService } from './actions.service.js';
import { CampaignsService } from './campaigns.service.js';

@Controller()
export class CampaignsController {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly actions: ActionsService,
  ) {}

  @Endpoint(routes.listCampaigns)
  list(call: Call<typeof routes.listCampaigns>) {
    return this.campaigns.list(call);
  }

  @Endpoint(routes.previewCampaign)
  preview(call: Call<typeof routes.previewCampaign>) {
    return this.campaigns.preview(call);
  }

  @Endpoint(routes.createCampaign)
  create(call: Call<typeof routes.createCampaign>) {
    return this.campaigns.create(call);
  }

  @Endpoint(routes.getCampaign)
  get(call: Call<typeof routes.getCampaign>) {
    return this.campaigns.get(call);
  }

  @Endpoint(routes.updateCampaign)
  update(call: Call<typeof routes.updateCampaign>) {
    return this.campaigns.update(call);
  }

  @Endpoint(routes.previewStop)
  previewStop(call: Call<typeof routes.previewStop>) {
    return this.campaigns.previewStop(call);
  }

  @Endpoint(routes.launchCampaign)
  launch(call: Call<typeof routes.launchCampaign>) {
    return this.actions.launch(call);
  }

  @Endpoint(routes.approveCampaign)
  approve(call: Call<typeof routes.approveCampaign>) {
    return this.actions.approve(call);
  }

  @Endpoint(routes.denyCampaign)
  deny(call: Call<typeof routes.denyCampaign>) {
    return this.actions.deny(call);
  }

  @Endpoint(routes.overrideCampaign)
  override(call: Call<typeof routes.overrideCampaign>) {
    return this.actions.override(call);
  }

  @Endpoint(routes.pauseCampaign)
  pause(call: Call<typeof routes.pauseCampaign>) {
    return this.actions.pause(call);
  }

  @Endpoint(routes.resumeCampaign)
  resume(call: Call<typeof routes.resumeCampaign>) {
    return this.actions.resume(call);
  }

  @Endpoint(routes.holdCampaign)
  hold(call: Call<typeof routes.holdCampaign>) {
    return this.actions.hold(call);
  }

  @Endpoint(routes.advanceCampaign)
  advance(call: Call<typeof routes.advanceCampaign>) {
    return this.actions.advance(call);
  }

  @Endpoint(routes.stopCampaign)
  stop(call: Call<typeof routes.stopCampaign>) {
    return this.actions.stop(call);
  }

  @Endpoint(routes.rollbackCampaign)
  rollback(call: Call<typeof routes.rollbackCampaign>) {
    return this.actions.rollback(call);
  }
}
