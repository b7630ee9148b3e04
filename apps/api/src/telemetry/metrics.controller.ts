import * as routes from '@muster/contracts/telemetry/metrics.routes';
import { payloadSchemas } from '@muster/telemetry/versions';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { MetricsService } from './metrics.service.js';

@Controller()
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Endpoint(routes.listMetrics)
  list(call: Call<typeof routes.listMetrics>) {
    return this.metrics.list(call);
  }

  @Endpoint(routes.getMetric)
  get(call: Call<typeof routes.getMetric>) {
    return this.metrics.get(call);
  }

  @Endpoint(routes.describeMetric)
  describe(call: Call<typeof routes.describeMetric>) {
    return this.metrics.describe(call);
  }

  @Endpoint(routes.listPayloadSchemas)
  schemas(_: Call<typeof routes.listPayloadSchemas>) {
    return { items: payloadSchemas() };
  }
}
