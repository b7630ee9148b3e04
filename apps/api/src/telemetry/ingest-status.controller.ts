import { getIngest } from '@muster/contracts/telemetry/ingest.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { IngestStatusService } from './ingest-status.service.js';

@Controller()
export class IngestStatusController {
  constructor(private readonly ingest: IngestStatusService) {}

  @Endpoint(getIngest)
  status(call: Call<typeof getIngest>) {
    return this.ingest.status(call);
  }
}
