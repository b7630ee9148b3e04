import * as routes from '@muster/contracts/telemetry/telemetry.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { DeadLettersService } from './dead-letters.service.js';
import { FleetValuesService } from './fleet-values.service.js';
import { SeriesService } from './series.service.js';

@Controller()
export class TelemetryController {
  constructor(
    private readonly series: SeriesService,
    private readonly fleetValues: FleetValuesService,
    private readonly deadLetters: DeadLettersService,
  ) {}

  @Endpoint(routes.getSeries)
  getSeries(call: Call<typeof routes.getSeries>) {
    return this.series.series(call);
  }

  @Endpoint(routes.getLatestValues)
  getLatestValues(call: Call<typeof routes.getLatestValues>) {
    return this.series.latest(call);
  }

  @Endpoint(routes.getFleetValues)
  getFleetValues(call: Call<typeof routes.getFleetValues>) {
    return this.fleetValues.list(call);
  }

  @Endpoint(routes.listDeadLetters)
  listDeadLetters(call: Call<typeof routes.listDeadLetters>) {
    return this.deadLetters.list(call);
  }

  @Endpoint(routes.replayDeadLetter)
  replayDeadLetter(call: Call<typeof routes.replayDeadLetter>) {
    return this.deadLetters.replay(call);
  }

  @Endpoint(routes.dropDeadLetter)
  dropDeadLetter(call: Call<typeof routes.dropDeadLetter>) {
    return this.deadLetters.drop(call);
  }

  @Endpoint(routes.replayDeadLetters)
  replayDeadLetters(call: Call<typeof routes.replayDeadLetters>) {
    return this.deadLetters.replayMany(call);
  }

  @Endpoint(routes.dropDeadLetters)
  dropDeadLetters(call: Call<typeof routes.dropDeadLetters>) {
    return this.deadLetters.dropMany(call);
  }
}
