import * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { explainDevice } from '@muster/contracts/devices/devices.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { EvidenceService } from './evidence.service.js';

@Controller()
export class EvidenceController {
  constructor(private readonly evidence: EvidenceService) {}

  @Endpoint(routes.explainCampaign)
  explainCampaign(call: Call<typeof routes.explainCampaign>) {
    return this.evidence.explainCampaign(call);
  }

  @Endpoint(routes.listExecutions)
  executions(call: Call<typeof routes.listExecutions>) {
    return this.evidence.executions(call);
  }

  @Endpoint(routes.listFailures)
  failures(call: Call<typeof routes.listFailures>) {
    return this.evidence.failures(call);
  }

  @Endpoint(routes.listExclusions)
  exclusions(call: Call<typeof routes.listExclusions>) {
    return this.evidence.exclusions(call);
  }

  @Endpoint(routes.listDecisions)
  decisions(call: Call<typeof routes.listDecisions>) {
    return this.evidence.decisions(call);
  }

  @Endpoint(routes.getEvidence)
  evidenceBundle(call: Call<typeof routes.getEvidence>) {
    return this.evidence.evidence(call);
  }

  @Endpoint(routes.listDeviceExecutions)
  ofDevice(call: Call<typeof routes.listDeviceExecutions>) {
    return this.evidence.ofDevice(call);
  }

  @Endpoint(explainDevice)
  explainDevice(call: Call<typeof explainDevice>) {
    return this.evidence.explainDevice(call);
  }
}
