import * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { RetriesService } from './retries.service.js';
import { SlicesService } from './slices.service.js';

/** Campaigns that come from campaigns, and parts that are taken out of them. */
@Controller()
export class CampaignLinksController {
  constructor(
    private readonly retries: RetriesService,
    private readonly slices: SlicesService,
  ) {}

  @Endpoint(routes.retryCampaign)
  retry(call: Call<typeof routes.retryCampaign>) {
    return this.retries.retry(call);
  }

  @Endpoint(routes.excludeSlice)
  exclude(call: Call<typeof routes.excludeSlice>) {
    return this.slices.exclude(call);
  }
}
