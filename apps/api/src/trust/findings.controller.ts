import * as routes from '@muster/contracts/trust/trust.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { FindingsService } from './findings.service.js';
import { OverviewService } from './overview.service.js';

@Controller()
export class FindingsController {
  constructor(
    private readonly overview: OverviewService,
    private readonly findings: FindingsService,
  ) {}

  @Endpoint(routes.getTrustOverview)
  getOverview(call: Call<typeof routes.getTrustOverview>) {
    return this.overview.get(call);
  }

  @Endpoint(routes.listTrustFindings)
  listFindings(call: Call<typeof routes.listTrustFindings>) {
    return this.findings.list(call);
  }
}
