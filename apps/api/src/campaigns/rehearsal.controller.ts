import * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { RehearsalService } from './rehearsal.service.js';

@Controller()
export class RehearsalController {
  constructor(private readonly rehearsals: RehearsalService) {}

  @Endpoint(routes.rehearseCampaign)
  rehearse(call: Call<typeof routes.rehearseCampaign>) {
    return this.rehearsals.rehearse(call);
  }
}
