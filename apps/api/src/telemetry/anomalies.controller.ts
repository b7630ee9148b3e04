import * as routes from '@muster/contracts/telemetry/anomalies.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { AnomaliesService } from './anomalies.service.js';

@Controller()
export class AnomaliesController {
  constructor(private readonly anomalies: AnomaliesService) {}

  @Endpoint(routes.listAnomalies)
  listAnomalies(call: Call<typeof routes.listAnomalies>) {
    return this.anomalies.list(call);
  }
}
